-- A job that is still in the table: waiting, running or failed. Of its payload the names of the fields only.
SELECT id, task_name AS name, queue_name AS queue, organization_id, status::text, -priority AS priority, attempts, run_no,
       queued_at, scheduled_at, started_at, parked::text, lock, queueing_lock, unique_key, tags, progress,
       ARRAY(SELECT jsonb_object_keys(args) ORDER BY 1) AS fields
  FROM procrastinate_jobs WHERE id = %(job)s
