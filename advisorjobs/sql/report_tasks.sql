-- Tasks that had come by the last day and were not done before the first, with their status on the last.
SELECT k.title, c.name AS client, m.name AS assignee, k.due_on,
       CASE WHEN k.status = 'done' AND (k.done_at AT TIME ZONE %(time_zone)s)::date <= %(end)s THEN 'done' ELSE 'open' END AS status
  FROM practice_tasks k
  LEFT JOIN practice_clients c ON c.organization_id = k.organization_id AND c.id = k.client_id
  LEFT JOIN practice_members m ON m.organization_id = k.organization_id AND m.id = k.assignee_id
 WHERE k.organization_id = %(organization)s AND (%(client)s::text IS NULL OR k.client_id = %(client)s)
   AND (k.created_at AT TIME ZONE %(time_zone)s)::date <= %(end)s
   AND (k.status = 'open' OR (k.done_at AT TIME ZONE %(time_zone)s)::date >= %(start)s)
 ORDER BY k.due_on NULLS LAST, k.title, k.id
