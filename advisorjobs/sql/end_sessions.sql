WITH ended AS (
    DELETE FROM advisorjobs_sessions WHERE person_id = %(person_id)s AND token_hash IS DISTINCT FROM %(keep)s RETURNING id)
SELECT count(*)::integer FROM ended
