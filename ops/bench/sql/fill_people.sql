-- A large practice's people, and two of each of its hundred largest clients. None of them can sign in.
INSERT INTO advisorjobs_people (name, password_hash, role, organization_id)
SELECT 'person-' || n, '!', CASE WHEN n < 100 THEN 'operator' ELSE 'viewer' END::advisorjobs_role,
       CASE WHEN n >= 100 THEN 'org-' || (n - 100) / 2 END
  FROM generate_series(0, 299) AS n
