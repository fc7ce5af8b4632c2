SELECT o.* FROM advisorjobs_oldest_jobs(%(queue)s::text, %(organization_id)s::text, %(most)s::int) o
