-- Who waits longest: each organization's next job in each queue and priority, longest wait first (20 rows; psql -v most=100). Long waits
-- of one organization alone: its own limit, pause or backlog (advisorjobs queues show QUEUE). Of all alike: the queue is behind, see
-- behind.sql. Jobs behind a lock or a key wait for another job, not for a worker, and aren't in it; of each queue and priority the first
-- thousand organizations are looked at.
\if :{?most} \else \set most 20 \endif
WITH RECURSIVE levels AS (
    SELECT q.name AS queue, (
        SELECT j.priority FROM procrastinate_jobs j
         WHERE j.era = (SELECT pg_sequence_last_value('advisorjobs_eras')) AND j.queue_name = q.name AND j.status = 'todo'
           AND j.scheduled_at IS NULL AND j.parked IS NULL ORDER BY j.priority DESC LIMIT 1) AS priority
      FROM advisorjobs_queues q
    UNION ALL
    SELECT l.queue, (
        SELECT j.priority FROM procrastinate_jobs j
         WHERE j.era = (SELECT pg_sequence_last_value('advisorjobs_eras')) AND j.queue_name = l.queue AND j.priority < l.priority
           AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL ORDER BY j.priority DESC LIMIT 1)
      FROM levels l WHERE l.priority IS NOT NULL),
heads AS (
    SELECT l.queue, l.priority, h.*, 1 AS place FROM levels l CROSS JOIN LATERAL (
        SELECT j.turn, j.id, j.task_name, j.organization_id, j.queued_at FROM procrastinate_jobs j
         WHERE j.era = (SELECT pg_sequence_last_value('advisorjobs_eras')) AND j.queue_name = l.queue AND j.priority = l.priority
           AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL ORDER BY j.turn, j.id LIMIT 1) h
    UNION ALL
    SELECT t.queue, t.priority, h.*, t.place + 1 FROM heads t CROSS JOIN LATERAL (
        SELECT j.turn, j.id, j.task_name, j.organization_id, j.queued_at FROM procrastinate_jobs j
         WHERE j.era = (SELECT pg_sequence_last_value('advisorjobs_eras')) AND j.queue_name = t.queue AND j.priority = t.priority
           AND j.turn > t.turn AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
         ORDER BY j.turn, j.id LIMIT 1) h
     WHERE t.place < 1000)
SELECT organization_id, queue, -priority AS priority, now() - queued_at AS waits, queued_at AS since, id AS job_id, task_name AS name
  FROM heads ORDER BY queued_at LIMIT :most;
