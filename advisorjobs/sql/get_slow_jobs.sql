SELECT * FROM advisorjobs_slow_jobs(%(threshold_ms)s::bigint, %(organization_id)s::text, %(most)s::int)
