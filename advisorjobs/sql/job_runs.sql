SELECT run_number, attempt, status, queue, job_name AS name, organization_id, queued_at, started_at, finished_at,
       next_run_at, wait_ms, run_ms, error_code, error_message, result
  FROM job_executions WHERE job_id = %(job)s ORDER BY run_number
