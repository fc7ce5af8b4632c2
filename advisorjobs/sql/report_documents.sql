-- Documents that arrived from the first to the last day of the firm's calendar, the newest first.
SELECT (d.created_at AT TIME ZONE %(time_zone)s)::date AS arrived_on, c.name AS client, d.file_name, d.document_type, d.status
  FROM practice_documents d
  LEFT JOIN practice_clients c ON c.organization_id = d.organization_id AND c.id = d.client_id
 WHERE d.organization_id = %(organization)s AND (%(client)s::text IS NULL OR d.client_id = %(client)s)
   AND d.created_at >= %(start)s::date::timestamp AT TIME ZONE %(time_zone)s
   AND d.created_at < (%(end)s::date + 1)::timestamp AT TIME ZONE %(time_zone)s
 ORDER BY d.created_at DESC, d.id
 LIMIT %(most)s
