-- The running jobs of a queue or an organization that have run longest.
SELECT j.id, j.task_name::text AS name, j.queue_name::text AS queue, j.organization_id, j.started_at, j.progress, j.run_no, w.name AS worker
  FROM procrastinate_jobs j LEFT JOIN advisorjobs_workers w ON w.id = j.worker_id
 WHERE j.status = 'doing' AND (%(queue)s::text IS NULL OR j.queue_name = %(queue)s)
   AND (%(organization_id)s::text IS NULL OR j.organization_id = %(organization_id)s)
 ORDER BY j.started_at, j.id LIMIT %(most)s
