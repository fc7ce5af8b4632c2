SELECT p.id, p.name, p.role::text, p.organization_id, p.is_active, p.issuer, p.created_at, p.created_by, p.changed_at, p.changed_by,
       p.signed_in_at
  FROM advisorjobs_people p
 WHERE p.id > %(after)s AND (%(name)s::text IS NULL OR lower(p.name) = lower(%(name)s))
 ORDER BY p.id LIMIT %(most)s
