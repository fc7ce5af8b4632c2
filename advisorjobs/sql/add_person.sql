INSERT INTO advisorjobs_people (name, password_hash, role, organization_id, created_by, changed_by)
VALUES (%(name)s, %(password_hash)s, %(role)s::advisorjobs_role, %(organization_id)s, %(by)s, %(by)s)
    ON CONFLICT (lower(name)) WHERE issuer IS NULL DO NOTHING
RETURNING id
