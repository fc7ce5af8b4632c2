-- Without a start: see get_job_statistics.sql.
SELECT a.* FROM advisorjobs_error_analysis(
    %(organization_id)s::text, coalesce(%(start)s::timestamptz, advisorjobs_grain_of(24, now()) - interval '30 days'),
    %(end)s::timestamptz, %(most)s::int) a
