-- The newest jobs that failed in a queue and were neither retried nor cleaned, with how their last run ended: never what it said.
SELECT j.id, j.task_name::text AS name, j.organization_id, r.finished_at, r.status::text AS status, r.error_code::text AS error_code,
       r.attempt
  FROM (SELECT * FROM procrastinate_jobs
         WHERE queue_name = %(queue)s AND status = 'failed' ORDER BY id DESC LIMIT %(most)s) j
  LEFT JOIN LATERAL (
    SELECT * FROM advisorjobs_runs r WHERE r.job_id = j.id ORDER BY r.run_no DESC LIMIT 1) r ON true
 ORDER BY j.id DESC
