-- The tallies of hours that folding would have made of a span of history: of all organizations together, and of those named.
-- Counted by bucket first: a day has half a million runs, and to add up a histogram of each would take minutes.
WITH runs AS MATERIALIZED (
    SELECT advisorjobs_grain_of(1, finished_at) AS hour, queue_name, job_name,
           CASE WHEN organization_id = ANY (%(organizations)s::text[]) THEN organization_id END AS organization_id,
           advisorjobs_wait_ms(queued_at, started_at) AS wait_ms, run_ms, status, final
      FROM advisorjobs_runs WHERE finished_at >= %(since)s AND finished_at < %(until)s),
waits AS (
    SELECT hour, queue_name, job_name, organization_id, sum((runs || 'e' || 10 * bucket)::numeric) AS waits
      FROM (SELECT hour, queue_name, job_name, organization_id, advisorjobs_bucket(wait_ms) AS bucket, count(*) AS runs
              FROM runs GROUP BY 1, 2, 3, 4, 5) b
     GROUP BY 1, 2, 3, 4),
times AS (
    SELECT hour, queue_name, job_name, organization_id, sum((runs || 'e' || 10 * bucket)::numeric) AS times
      FROM (SELECT hour, queue_name, job_name, organization_id, advisorjobs_bucket(run_ms) AS bucket, count(*) AS runs
              FROM runs GROUP BY 1, 2, 3, 4, 5) b
     GROUP BY 1, 2, 3, 4),
sums AS (
    SELECT hour, queue_name, job_name, organization_id, count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE final AND status = 'failed') AS failed, count(*) AS runs,
           count(*) FILTER (WHERE NOT final) AS retried, sum(wait_ms) AS wait_sum, max(wait_ms) AS wait_max, sum(run_ms) AS time_sum,
           max(run_ms) AS time_max
      FROM runs GROUP BY 1, 2, 3, 4),
each AS MATERIALIZED (
    SELECT s.*, w.waits, t.times
      FROM sums s
      JOIN waits w ON (w.hour, w.queue_name, w.job_name) = (s.hour, s.queue_name, s.job_name)
                      AND coalesce(w.organization_id, '') = coalesce(s.organization_id, '')
      JOIN times t ON (t.hour, t.queue_name, t.job_name) = (s.hour, s.queue_name, s.job_name)
                      AND coalesce(t.organization_id, '') = coalesce(s.organization_id, ''))
INSERT INTO advisorjobs_tallies (
    organization_id, whole, grain, since, queue_name, job_name, completed, failed, cancelled, runs, retried, timed_out, crashed, snoozed,
    released, waits, wait_sum, wait_max, times, time_sum, time_max)
SELECT CASE WHEN w.whole THEN '' ELSE e.organization_id END, w.whole, 1, e.hour, e.queue_name, e.job_name, sum(e.completed),
       sum(e.failed), 0, sum(e.runs), sum(e.retried), 0, 0, 0, 0, sum(e.waits), sum(e.wait_sum), max(e.wait_max), sum(e.times),
       sum(e.time_sum), max(e.time_max)
  FROM each e CROSS JOIN (VALUES (false), (true)) AS w(whole)
 WHERE w.whole OR e.organization_id IS NOT NULL
 GROUP BY 1, 2, 3, 4, 5, 6
 ORDER BY 1, 2
