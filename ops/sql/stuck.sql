-- What should move and doesn't, oldest first. No rows: nothing is stuck. `what` says why, `cure` what to do:
--   lost         runs under a worker that is gone; living workers take it back within seconds, so one that stays has none left
--   long         runs for longer than `minutes` (15; psql -v minutes=60): see slow.sql for what is usual for its name
--   cancelling   was asked to stop more than a minute ago
--   overdue      its time came more than a minute ago and nobody has looked: no worker is alive
--   unknown      no living worker knows its name; one row per queue and name, of the job that waits longest
--   unserved     waits in a queue that no living worker serves; one row per queue
\if :{?minutes} \else \set minutes 15 \endif
WITH RECURSIVE names AS (
    (SELECT j.queue_name, j.task_name, j.id, j.queued_at FROM procrastinate_jobs j
      WHERE j.status = 'todo' AND j.parked = 'unknown_job' ORDER BY j.queue_name, j.task_name, j.priority DESC, j.id LIMIT 1)
    UNION ALL
    SELECT n.* FROM names l CROSS JOIN LATERAL (
        SELECT j.queue_name, j.task_name, j.id, j.queued_at FROM procrastinate_jobs j
         WHERE j.status = 'todo' AND j.parked = 'unknown_job' AND (j.queue_name, j.task_name) > (l.queue_name, l.task_name)
         ORDER BY j.queue_name, j.task_name, j.priority DESC, j.id LIMIT 1) n),
running AS (
    SELECT j.id, j.queue_name, j.task_name, j.started_at, j.abort_requested, w.name AS worker,
           w.stopped_at IS NULL AND w.expires_at > now() AS alive
      FROM procrastinate_jobs j LEFT JOIN advisorjobs_workers w ON w.id = j.worker_id
     WHERE j.status = 'doing')
SELECT * FROM (
    SELECT CASE WHEN r.alive IS NOT TRUE THEN 'lost' WHEN r.abort_requested THEN 'cancelling' ELSE 'long' END AS what,
           r.started_at AS since, r.queue_name::text AS queue, r.task_name::text AS name, r.id AS job_id, r.worker,
           CASE WHEN r.alive IS NOT TRUE THEN 'start a worker' ELSE 'its time limit ends it, else stop that worker' END AS cure
      FROM running r
     WHERE r.alive IS NOT TRUE OR r.started_at < now() - CASE WHEN r.abort_requested THEN interval '1 minute'
                                                              ELSE make_interval(mins => :minutes) END
    UNION ALL
    (SELECT 'overdue', j.scheduled_at, j.queue_name, j.task_name, j.id, NULL, 'start a worker' FROM procrastinate_jobs j
      WHERE j.status = 'todo' AND j.scheduled_at < now() - interval '1 minute' ORDER BY j.scheduled_at LIMIT 20)
    UNION ALL
    SELECT 'unknown', n.queued_at, n.queue_name, n.task_name, n.id, NULL, 'deploy a worker that knows the name, or cancel_job()'
      FROM names n
    UNION ALL
    SELECT 'unserved', s.oldest_waiting_at, s.queue, NULL, NULL, NULL, 'start a worker that serves the queue'
      FROM queue_stats s WHERE s.waiting > 0 AND s.workers = 0) stuck
 ORDER BY since NULLS LAST;
