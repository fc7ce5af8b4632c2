SELECT * FROM advisorjobs_recent_failures(%(organization_id)s::text, %(most)s::int)
