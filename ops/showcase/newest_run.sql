SELECT job_id FROM advisorjobs_runs WHERE status = 'completed' ORDER BY finished_at DESC LIMIT 1
