-- Running jobs that started longer ago than that.
SELECT j.id, j.status::text AS status, j.task_name, j.priority, j.lock, j.queueing_lock, j.args, j.scheduled_at, j.queue_name,
       j.attempts - 1 AS attempts, j.worker_id, j.started_at
  FROM procrastinate_jobs j
 WHERE j.status = 'doing'
   AND (%(queue)s::text IS NULL OR j.queue_name = %(queue)s)
   AND (%(task_name)s::text IS NULL OR j.task_name = %(task_name)s)
   AND j.started_at < now() - make_interval(secs => %(nb_seconds)s)
