SELECT retry_failed_jobs(%(queue)s::text)
