SELECT * FROM get_job(%(job_id)s::bigint)
