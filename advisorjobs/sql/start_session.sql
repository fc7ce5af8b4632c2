-- A token of its own for each sign-in; the one that the browser had before is worth nothing any more. What has expired goes.
WITH before AS (
    DELETE FROM advisorjobs_sessions
     WHERE token_hash = %(before)s
        OR id IN (SELECT id FROM advisorjobs_sessions WHERE expires_at < now() ORDER BY expires_at LIMIT 100)),
person AS (
    UPDATE advisorjobs_people SET signed_in_at = now() WHERE id = %(person_id)s AND is_active RETURNING id)
INSERT INTO advisorjobs_sessions (token_hash, person_id, address, browser, expires_at)
SELECT %(token_hash)s, id, %(address)s, %(browser)s, now() + %(limit)s FROM person
RETURNING id
