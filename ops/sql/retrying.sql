-- What is being retried: jobs whose last run ended in an error and that run again at `next_run_at`, next first (50 rows; psql -v
-- most=200). attempt: runs so far that count. Many of one name with one error_code: what it calls is down, see failing.sql. Looked at are
-- the 10 000 jobs that are due next; a retry that is due already waits like any other job.
\if :{?most} \else \set most 50 \endif
SELECT j.scheduled_at AS next_run_at, j.queue_name AS queue, j.task_name AS name, j.organization_id, j.id AS job_id, j.attempts AS attempt,
       r.status::text AS last_status, r.error_code::text AS error_code, r.error_message, r.finished_at AS failed_at
  FROM (SELECT n.* FROM procrastinate_jobs n WHERE n.status = 'todo' AND n.scheduled_at IS NOT NULL
         ORDER BY n.scheduled_at LIMIT 10000) j
 CROSS JOIN LATERAL (
    SELECT * FROM advisorjobs_runs h WHERE h.job_id = j.id AND h.run_no = j.run_no ORDER BY h.finished_at DESC LIMIT 1) r
 WHERE j.run_no > 0 AND r.error_code IS NOT NULL
 ORDER BY j.scheduled_at LIMIT :most;
