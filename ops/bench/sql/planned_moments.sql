SELECT job_id, extract(epoch FROM queued_at)::double precision FROM advisorjobs_runs WHERE job_id = ANY (%(ids)s)
