SELECT id, name, role::text, organization_id, created_at, created_by, expires_at, used_at,
       coalesce(expires_at <= now(), false) AS is_expired
  FROM advisorjobs_tokens
 WHERE id > %(after)s
 ORDER BY id LIMIT %(most)s
