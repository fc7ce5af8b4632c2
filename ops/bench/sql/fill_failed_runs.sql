-- The runs of failed jobs that have none in history yet.
INSERT INTO advisorjobs_runs (
    job_id, run_no, attempt, final, status, error_code, queued_at, started_at, finished_at, run_ms, queue_name, job_name,
    organization_id, input, error_message, stack_trace, fingerprint, tags)
SELECT id, run_no, attempts, true, 'failed', 'timeout', queued_at, started_at, least(started_at + interval '1 s', now()), 1000, queue_name,
       task_name, organization_id, args, 'refused number ' || id, 'Traceback', 'fp' || id %% 30, tags
  FROM procrastinate_jobs WHERE status = 'failed'
