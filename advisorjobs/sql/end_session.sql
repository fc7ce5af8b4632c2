-- One by its token, or one of a person's by its number.
DELETE FROM advisorjobs_sessions
 WHERE token_hash = %(token_hash)s OR (id = %(id)s AND person_id = %(person_id)s)
RETURNING id
