WITH revoked AS (
    DELETE FROM advisorjobs_tokens t USING advisorjobs_act(%(actor)s::jsonb)
     WHERE t.name = %(name)s::text RETURNING t.id, t.name, t.role, t.organization_id)
SELECT id, advisorjobs_note(
           'revoke', 'token', name, organization_id, jsonb_build_object('role', role), NULL, _by => %(by)s::text) AS note
  FROM revoked
