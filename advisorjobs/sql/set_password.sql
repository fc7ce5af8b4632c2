-- Whoever has signed in with the password before is signed out, but for the session in which it was changed.
WITH changed AS (
    UPDATE advisorjobs_people SET password_hash = %(password_hash)s, changed_at = now(), changed_by = %(by)s
     WHERE id = %(id)s AND issuer IS NULL RETURNING id),
ended AS (
    DELETE FROM advisorjobs_sessions s USING changed c
     WHERE s.person_id = c.id AND s.token_hash IS DISTINCT FROM %(keep)s)
SELECT EXISTS (SELECT FROM changed)
