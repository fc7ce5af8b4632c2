WITH added AS (
    INSERT INTO advisorjobs_people (name, password_hash, role, organization_id, created_by, changed_by)
    SELECT %(name)s, %(password_hash)s, %(role)s::advisorjobs_role, %(organization_id)s::text, %(by)s::text, %(by)s::text
      FROM advisorjobs_act(%(actor)s::jsonb)
        ON CONFLICT (lower(name)) WHERE issuer IS NULL DO NOTHING
    RETURNING id, name, role, organization_id)
SELECT id, advisorjobs_note('add', 'person', name, organization_id, NULL, jsonb_build_object('role', role), _by => %(by)s::text) AS note
  FROM added
