-- procrastinate's list_jobs, with finished jobs. There, attempts counts the runs before the present one.
SELECT id, queue AS queue_name, name AS task_name, coalesce(priority, 0) AS priority, lock, queueing_lock, payload AS args,
       stock_status::text AS status, scheduled_at, attempts - (stock_status = 'doing')::integer AS attempts, abort_requested,
       worker_id
  FROM advisorjobs_jobs
 WHERE (%(id)s::bigint IS NULL OR id = %(id)s)
   AND (%(queue_name)s::text IS NULL OR queue = %(queue_name)s)
   AND (%(task_name)s::text IS NULL OR name = %(task_name)s)
   AND (%(status)s::procrastinate_job_status IS NULL OR stock_status = %(status)s)
   AND (%(lock)s::text IS NULL OR lock = %(lock)s)
   AND (%(queueing_lock)s::text IS NULL OR queueing_lock = %(queueing_lock)s)
   AND (%(worker_id)s::bigint IS NULL OR worker_id = %(worker_id)s)
 ORDER BY id
