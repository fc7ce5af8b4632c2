-- The newest jobs, living and ended. A null parameter doesn't narrow the list.
WITH living AS (
    SELECT id, task_name AS name, queue_name AS queue, organization_id,
           CASE WHEN status = 'doing' THEN 'running'
                WHEN status = 'failed' THEN 'failed'
                WHEN scheduled_at > now() AND run_no > 0 THEN 'retrying'
                WHEN scheduled_at > now() THEN 'delayed'
                ELSE 'waiting' END AS status,
           attempts, queued_at, started_at, NULL::timestamptz AS finished_at, NULL::integer AS run_ms
      FROM procrastinate_jobs
     WHERE (%(queue)s::text IS NULL OR queue_name = %(queue)s)),
ended AS (
    SELECT job_id, job_name, queue_name, organization_id, status::text, attempt, queued_at, started_at, finished_at, run_ms
      FROM advisorjobs_runs
     WHERE final AND status IN ('completed', 'cancelled') AND (%(queue)s::text IS NULL OR queue_name = %(queue)s)
       AND (%(status)s::text IS NULL OR status::text = %(status)s)
     ORDER BY job_id DESC LIMIT %(limit)s)
SELECT * FROM (SELECT * FROM living WHERE %(status)s::text IS NULL OR status = %(status)s
               UNION ALL SELECT * FROM ended) AS jobs
 ORDER BY id DESC LIMIT %(limit)s
