SELECT status, result, error_code, error_message, next_run_at FROM job_executions
 WHERE job_id = %(job)s AND run_number = %(run)s ORDER BY finished_at DESC NULLS LAST LIMIT 1
