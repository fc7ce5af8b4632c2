DELETE FROM advisorjobs_tokens WHERE name = %(name)s RETURNING id
