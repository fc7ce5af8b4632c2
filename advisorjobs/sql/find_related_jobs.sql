SELECT * FROM advisorjobs_related_jobs(%(job)s::bigint, %(organization)s::text, %(look)s::integer)
