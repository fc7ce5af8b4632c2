WITH added AS (
    INSERT INTO advisorjobs_tokens (name, token_hash, role, organization_id, expires_at, created_by)
    SELECT %(name)s, %(token_hash)s::bytea, %(role)s::advisorjobs_role, %(organization_id)s::text, %(expires_at)s::timestamptz, %(by)s::text
      FROM advisorjobs_act(%(actor)s::jsonb)
        ON CONFLICT (name) DO NOTHING
    RETURNING id, name, role, organization_id, expires_at)
SELECT id, advisorjobs_note(
           'add', 'token', name, organization_id, NULL, jsonb_build_object('role', role, 'expires_at', expires_at),
           _by => %(by)s::text) AS note
  FROM added
