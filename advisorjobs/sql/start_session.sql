-- A token of its own for each sign-in; the one that the browser had before is worth nothing any more. What has expired goes.
WITH before AS (
    DELETE FROM advisorjobs_sessions
     WHERE token_hash = %(before)s::bytea
        OR id IN (SELECT id FROM advisorjobs_sessions WHERE expires_at < now() ORDER BY expires_at LIMIT 100)),
person AS (
    UPDATE advisorjobs_people p SET signed_in_at = now() FROM advisorjobs_act(%(actor)s::jsonb)
     WHERE p.id = %(person_id)s::bigint AND p.is_active RETURNING p.id, p.name, p.organization_id),
started AS (
    INSERT INTO advisorjobs_sessions (token_hash, person_id, address, browser, expires_at)
    SELECT %(token_hash)s::bytea, id, %(address)s::text, %(browser)s::text, now() + %(limit)s::interval FROM person
    RETURNING id, person_id)
SELECT s.id, advisorjobs_note('sign in', 'person', p.name, p.organization_id, NULL, NULL, _by => p.name) AS note
  FROM started s JOIN person p ON p.id = s.person_id
