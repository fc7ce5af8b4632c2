-- By hours for three days and less, else by days. Without a start: see get_job_statistics.sql.
SELECT r.range_start, r.range_end, h.hours, p.*
  FROM (SELECT coalesce(%(start)s::timestamptz, advisorjobs_grain_of(24, now()) - interval '30 days') AS range_start,
               coalesce(%(end)s::timestamptz, now()) AS range_end) r
 CROSS JOIN LATERAL (
    SELECT CASE WHEN r.range_end - r.range_start <= interval '72 hours' THEN 1 ELSE 24 END AS hours) h
 CROSS JOIN LATERAL advisorjobs_performance(%(organization_id)s::text, r.range_start, %(end)s::timestamptz, h.hours) p
