-- For whoever signs in with a password. Inactive people are found too: their password is looked at as any other.
SELECT id, name, role::text, organization_id, is_active, password_hash
  FROM advisorjobs_people
 WHERE lower(name) = lower(%(name)s) AND issuer IS NULL
