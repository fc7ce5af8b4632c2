SELECT advisorjobs_job_account(%(job)s::bigint, %(organization)s::text, %(values)s::boolean, %(most)s::integer) AS account
