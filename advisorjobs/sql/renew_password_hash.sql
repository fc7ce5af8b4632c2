-- The same password, hashed with today's parameters; nothing if it was changed meanwhile.
UPDATE advisorjobs_people SET password_hash = %(password_hash)s WHERE id = %(id)s AND password_hash = %(before)s RETURNING id
