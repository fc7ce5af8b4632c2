-- All runs of a job, the first one first; worker: its name, while it is known. `values`: whether result, message and trace, which
-- may hold a client's data, may be seen.
SELECT e.run_number, e.attempt, e.status, e.queue, e.job_name AS name, e.organization_id, w.name AS worker, e.queued_at,
       e.started_at, e.finished_at, e.next_run_at, e.wait_ms, e.run_ms, e.error_code,
       CASE WHEN %(values)s THEN e.error_message END AS error_message, CASE WHEN %(values)s THEN e.stack_trace END AS stack_trace,
       CASE WHEN %(values)s THEN e.input END AS payload, CASE WHEN %(values)s THEN e.result END AS result
  FROM job_executions e LEFT JOIN advisorjobs_workers w ON w.id = e.worker_id
 WHERE e.job_id = %(job)s ORDER BY e.run_number, e.finished_at NULLS LAST
