-- Running jobs of workers that are silent for longer than they promised. Any worker takes them back by itself.
SELECT j.id, j.status::text AS status, j.task_name, j.priority, j.lock, j.queueing_lock, j.args, j.scheduled_at, j.queue_name,
       j.attempts - 1 AS attempts, j.worker_id
  FROM procrastinate_jobs j
  LEFT JOIN advisorjobs_workers w ON w.id = j.worker_id AND w.stopped_at IS NULL
 WHERE j.status = 'doing'
   AND (%(queue)s::text IS NULL OR j.queue_name = %(queue)s)
   AND (%(task_name)s::text IS NULL OR j.task_name = %(task_name)s)
   AND (w.id IS NULL OR w.beat_at < now() - greatest(w.lease, make_interval(secs => %(seconds_since_heartbeat)s)))
