-- The newest jobs, living and ended. A null parameter doesn't narrow the list.
SELECT id, name, queue, organization_id, status, attempts, queued_at, started_at, finished_at,
       (extract(epoch FROM finished_at - started_at) * 1000)::integer AS run_ms
  FROM advisorjobs_jobs
 WHERE (%(queue)s::text IS NULL OR queue = %(queue)s) AND (%(status)s::text IS NULL OR status = %(status)s)
 ORDER BY id DESC LIMIT %(limit)s
