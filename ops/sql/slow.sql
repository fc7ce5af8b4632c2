-- What is slow: job names by the time that all their runs took together, since the hour that began `hours` (24) hours ago. share: of the
-- time of all. A high p99 beside a low p50: a few inputs are large, or a service hangs (timed_out). Percentiles are within 5 %. The runs
-- that took longest: SELECT * FROM slow_jobs LIMIT 20.
\if :{?hours} \else \set hours 24 \endif
SELECT s.queue, s.job_name AS name, s.runs, round((s.runs * s.run_mean_ms / 1000)::numeric, 1) AS total_s,
       round((s.runs * s.run_mean_ms / nullif(sum(s.runs * s.run_mean_ms) OVER (), 0))::numeric, 3) AS share,
       s.run_p50_ms::bigint, s.run_p95_ms::bigint, s.run_p99_ms::bigint, s.run_max_ms, s.timed_out
  FROM advisorjobs_job_statistics(NULL, advisorjobs_grain_of(1, now() - make_interval(hours => :hours)), NULL) s
 WHERE s.job_name IS NOT NULL AND s.runs > 0
 ORDER BY total_s DESC NULLS LAST, s.queue, s.job_name;
