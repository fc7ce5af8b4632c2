-- Whoever has signed in with the password before is signed out, but for the session in which it was changed.
WITH changed AS (
    UPDATE advisorjobs_people p SET password_hash = %(password_hash)s, changed_at = now(), changed_by = %(by)s::text
      FROM advisorjobs_act(%(actor)s::jsonb)
     WHERE p.id = %(id)s::bigint AND p.issuer IS NULL RETURNING p.id, p.name, p.organization_id),
ended AS (
    DELETE FROM advisorjobs_sessions s USING changed c
     WHERE s.person_id = c.id AND s.token_hash IS DISTINCT FROM %(keep)s::bytea)
SELECT id, advisorjobs_note('set password', 'person', name, organization_id, NULL, NULL, _by => %(by)s::text) AS note FROM changed
