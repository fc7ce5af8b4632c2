INSERT INTO advisorjobs_tokens (name, token_hash, role, organization_id, expires_at, created_by)
VALUES (%(name)s, %(token_hash)s, %(role)s::advisorjobs_role, %(organization_id)s, %(expires_at)s, %(by)s)
    ON CONFLICT (name) DO NOTHING
RETURNING id
