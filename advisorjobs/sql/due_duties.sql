SELECT t.id, t.title, k.name, t.due_on
  FROM practice_tasks t LEFT JOIN practice_clients k ON k.organization_id = t.organization_id AND k.id = t.client_id
 WHERE t.assignee_id = %(member)s AND t.status = 'open' AND t.due_on <= %(today)s::date + %(days)s
   AND t.reminded_on IS DISTINCT FROM %(today)s::date
 ORDER BY t.due_on, t.id LIMIT %(most)s
   FOR NO KEY UPDATE OF t
