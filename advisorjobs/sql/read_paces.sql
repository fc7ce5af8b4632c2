SELECT * FROM advisorjobs_paces(%(queue)s::text)
