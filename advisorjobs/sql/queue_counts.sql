-- What each queue holds now, and what ended in it within the last hour.
WITH living AS (
    SELECT queue_name AS queue,
           count(*) FILTER (WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now())) AS waiting,
           count(*) FILTER (WHERE status = 'todo' AND scheduled_at > now()) AS delayed,
           count(*) FILTER (WHERE status = 'doing') AS active,
           count(*) FILTER (WHERE status = 'failed') AS failed,
           extract(epoch FROM now() - min(queued_at) FILTER (
               WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= now()))) AS oldest_s
      FROM procrastinate_jobs GROUP BY queue_name),
ended AS (
    SELECT queue_name AS queue, count(*) FILTER (WHERE final AND status = 'completed') AS completed,
           (avg(run_ms) FILTER (WHERE status = 'completed'))::integer AS mean_ms
      FROM advisorjobs_runs WHERE finished_at > now() - interval '1 hour' GROUP BY queue_name)
SELECT queue, coalesce(waiting, 0) AS waiting, coalesce(delayed, 0) AS delayed, coalesce(active, 0) AS active,
       coalesce(failed, 0) AS failed, coalesce(completed, 0) AS completed, mean_ms, oldest_s::double precision
  FROM living FULL JOIN ended USING (queue) ORDER BY queue
