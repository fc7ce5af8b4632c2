-- What fails and why, over the last 30 days: failures that are alike, most frequent first (20 rows; psql -v most=100). error_code says
-- whose fault it is: network, rate_limited, external_service: a service; validation, not_found: what was asked; timeout, crashed,
-- internal: the job's function. An old last_seen: it is over. organizations 1: that one's data or account. Failures of runs that were
-- tried again count too. message and job_id are of the latest; SELECT * FROM job_executions WHERE job_id = … has its stack trace.
\if :{?most} \else \set most 20 \endif
SELECT f.*, r.error_message AS message
  FROM (SELECT a.queue, a.job_name AS name, a.error_code, sum(a.failures)::bigint AS failures,
               count(DISTINCT coalesce(a.organization_id, '')) AS organizations, min(a.first_seen) AS first_seen,
               max(a.last_seen) AS last_seen, (array_agg(a.example_job_id ORDER BY a.last_seen DESC))[1] AS job_id,
               (array_agg(a.example_run_number ORDER BY a.last_seen DESC))[1] AS run_number
          FROM error_analysis a
         GROUP BY a.queue, a.job_name, a.error_code, a.fingerprint
         ORDER BY failures DESC, last_seen DESC LIMIT :most) f
  LEFT JOIN LATERAL (
    SELECT h.error_message FROM advisorjobs_runs h WHERE h.job_id = f.job_id AND h.run_no = f.run_number LIMIT 1) r ON true
 ORDER BY f.failures DESC, f.last_seen DESC;
