DELETE FROM advisorjobs_people WHERE id = %(id)s RETURNING id
