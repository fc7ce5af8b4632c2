-- By hours for three days and less, else by days. Without a start: see get_job_statistics.sql. The first row is the total.
WITH asked AS (
    SELECT r.*, CASE WHEN r.range_end - r.range_start <= interval '72 hours' THEN 1 ELSE 24 END AS hours,
           ARRAY(SELECT t FROM advisorjobs_tallied_runs(%(organization_id)s::text, r.range_start, %(end)s::timestamptz) t) AS runs
      FROM (SELECT coalesce(%(start)s::timestamptz, advisorjobs_grain_of(24, now()) - interval '30 days') AS range_start,
                   coalesce(%(end)s::timestamptz, now()) AS range_end) r OFFSET 0)
SELECT a.range_start, a.range_end, a.hours, NULL::timestamptz AS since, s.completed, s.failed, s.cancelled,
       1 - s.success_rate AS failure_rate, s.runs, s.wait_mean_ms, s.wait_p50_ms, s.wait_p90_ms, s.wait_p95_ms, s.wait_p99_ms,
       s.wait_max_ms, s.run_mean_ms, s.run_p50_ms, s.run_p90_ms, s.run_p95_ms, s.run_p99_ms, s.run_max_ms
  FROM asked a
 CROSS JOIN LATERAL advisorjobs_job_statistics(%(organization_id)s::text, a.range_start, %(end)s::timestamptz, a.runs, false) s
UNION ALL
SELECT a.range_start, a.range_end, a.hours, t.since, t.completed, t.failed, t.cancelled, t.failure_rate, t.runs, NULL, NULL, NULL,
       NULL, NULL, t.wait_max_ms, NULL, NULL, NULL, NULL, NULL, t.run_max_ms
  FROM asked a
 CROSS JOIN LATERAL advisorjobs_throughput(%(organization_id)s::text, a.range_start, %(end)s::timestamptz, a.hours, a.runs) t
 ORDER BY since NULLS FIRST
