SELECT s.*, now() AS now
  FROM schedules s
 WHERE (%(organization_id)s::text IS NULL OR s.organization_id = %(organization_id)s)
   AND (%(queue)s::text IS NULL OR s.queue = %(queue)s)
 ORDER BY s.organization_id NULLS FIRST, s.key
