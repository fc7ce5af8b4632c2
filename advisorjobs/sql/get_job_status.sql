SELECT stock_status::text AS status FROM advisorjobs_jobs WHERE id = %(job_id)s
