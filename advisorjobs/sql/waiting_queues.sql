-- The queues with jobs that are ready to run: how many (`most` at most), how long the oldest of them has waited in seconds, how many
-- living workers serve it, and whether it is paused. The queues are found one by one in the ready index; the oldest by walking the
-- jobs with the lowest numbers, for as many as `look`, and where a queue isn't among them, its next one: it is younger.
-- After by_index.sql, in its transaction.
WITH RECURSIVE eras(era) AS (
    SELECT pg_sequence_last_value('advisorjobs_eras'::regclass)::integer UNION SELECT era FROM advisorjobs_past_eras),
found(era, queue) AS (
    SELECT e.era, (SELECT j.queue_name FROM procrastinate_jobs j
                    WHERE j.era = e.era AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
                    ORDER BY j.queue_name LIMIT 1)
      FROM eras e
    UNION ALL
    SELECT f.era, (SELECT j.queue_name FROM procrastinate_jobs j
                    WHERE j.era = f.era AND j.queue_name > f.queue AND j.status = 'todo' AND j.scheduled_at IS NULL
                      AND j.parked IS NULL
                    ORDER BY j.queue_name LIMIT 1)
      FROM found f WHERE f.queue IS NOT NULL),
heads AS (
    SELECT f.queue, least(sum(counted.jobs), %(most)s)::integer AS waiting, min(counted.queued_at) AS queued_at
      FROM found f CROSS JOIN LATERAL (
        SELECT count(*) AS jobs, min(queued_at) AS queued_at FROM (
            SELECT j.queued_at FROM procrastinate_jobs j
             WHERE j.era = f.era AND j.queue_name = f.queue AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
             ORDER BY j.priority DESC, j.turn, j.id LIMIT %(most)s) part) counted
     WHERE f.queue IS NOT NULL GROUP BY f.queue),
oldest AS (
    SELECT queue_name AS queue, min(queued_at) AS queued_at FROM (
        SELECT queue_name, queued_at, status, scheduled_at, parked FROM procrastinate_jobs ORDER BY id LIMIT %(look)s) first
     WHERE status = 'todo' AND scheduled_at IS NULL AND parked IS NULL GROUP BY queue_name)
SELECT h.queue, h.waiting, extract(epoch FROM now() - least(h.queued_at, o.queued_at))::double precision AS oldest_s,
       (SELECT count(*) FROM advisorjobs_workers w
         WHERE w.stopped_at IS NULL AND w.expires_at > now() AND h.queue = ANY (w.queues)) AS workers,
       EXISTS (SELECT FROM advisorjobs_pauses p
                WHERE p.queue = h.queue AND p.organization_id = '' AND (p.until IS NULL OR p.until > now())) AS paused
  FROM heads h LEFT JOIN oldest o USING (queue) ORDER BY h.queue
