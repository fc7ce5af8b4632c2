-- The tallies of failures, of hours and of days, that folding would have made of a span of history.
INSERT INTO advisorjobs_error_tallies (
    organization_id, whole, grain, since, queue_name, job_name, error_code, fingerprint, failures, first_seen, last_seen, job_id, run_no)
SELECT CASE WHEN w.whole THEN '' ELSE r.organization_id END, w.whole, g.hours, advisorjobs_grain_of(g.hours, r.finished_at),
       r.queue_name, r.job_name, r.error_code, r.fingerprint, count(*), min(r.finished_at), max(r.finished_at), max(r.job_id), 1
  FROM advisorjobs_runs r CROSS JOIN (VALUES (false), (true)) AS w(whole) CROSS JOIN (VALUES (1), (24)) AS g(hours)
 WHERE r.fingerprint IS NOT NULL AND r.finished_at >= %(since)s AND r.finished_at < %(until)s
   AND (w.whole OR r.organization_id = ANY (%(organizations)s::text[]))
 GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
 ORDER BY 1, 2
