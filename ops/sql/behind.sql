-- How far behind is each queue, the one whose job waits longest first. oldest_wait: of its ready jobs. per_minute: runs of this hour and
-- the last; drained_in: what waits at that pace, if nothing comes. Waiting with no workers: nobody serves it. Waiting with active
-- at its limits: raise slots, or start a worker. Waiting with neither: paused, closed_until or a rate limit holds it
-- (`advisorjobs queues show QUEUE`). wait_p95_ms: of runs that started in those two hours; high with a low oldest_wait: it was behind.
SELECT s.queue, s.waiting, l.oldest_wait_ms * interval '1 ms' AS oldest_wait, s.active, s.delayed, s.failed, s.workers, s.is_paused,
       s.closed_until, s.rate, s.rate_window, round(p.per_minute, 1) AS per_minute,
       date_trunc('second', s.waiting / nullif(p.per_minute, 0) * interval '1 minute') AS drained_in, l.wait_p95_ms::bigint
  FROM queue_stats s
  LEFT JOIN queue_latency l ON l.queue = s.queue
 CROSS JOIN LATERAL (
    SELECT l.runs * 60 / extract(epoch FROM now() - advisorjobs_grain_of(1, now() - interval '1 hour')) AS per_minute) p
 ORDER BY l.oldest_wait_ms DESC NULLS LAST, s.waiting DESC, s.queue;
