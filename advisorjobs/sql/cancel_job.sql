SELECT cancel_job(%(job_id)s::bigint)
