SELECT job_id, extract(epoch FROM next_run_at)::double precision FROM advisorjobs_runs
 WHERE job_id = ANY (%(ids)s) AND status = 'retrying'
