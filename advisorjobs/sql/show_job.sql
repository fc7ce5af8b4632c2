-- A job, alive or ended. `fields`: of its payload the names only. `values`: whether payload and progress may be seen.
SELECT g.id, g.name, g.queue, g.organization_id, g.status, g.priority, g.attempts, j.run_no AS run_number, g.queued_at,
       g.scheduled_at, g.started_at, g.finished_at, j.parked::text AS parked, j.abort_requested, j.lock, j.queueing_lock,
       g.unique_key, j.limit_key, g.tags,
       CASE jsonb_typeof(g.payload) WHEN 'object' THEN ARRAY(SELECT jsonb_object_keys(g.payload) ORDER BY 1) ELSE '{}' END AS fields,
       CASE WHEN %(values)s THEN g.payload END AS payload, CASE WHEN %(values)s THEN g.progress END AS progress
  FROM get_job(%(job)s::bigint) g LEFT JOIN procrastinate_jobs j ON j.id = g.id
