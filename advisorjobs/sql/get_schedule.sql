SELECT s.*, now() AS now
  FROM schedules s
 WHERE s.key = %(key)s::text
   AND (%(organization_id)s::text IS NULL OR coalesce(s.organization_id, '') = %(organization_id)s)
 ORDER BY s.id
