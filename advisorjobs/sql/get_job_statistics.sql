-- Without a start: today and the 30 days before it (UTC).
SELECT r.range_start, coalesce(%(end)s::timestamptz, now()) AS range_end, s.*
  FROM (SELECT coalesce(%(start)s::timestamptz, advisorjobs_grain_of(24, now()) - interval '30 days') AS range_start) r
 CROSS JOIN LATERAL advisorjobs_job_statistics(%(organization_id)s::text, r.range_start, %(end)s::timestamptz) s
