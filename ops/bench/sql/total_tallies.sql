-- The totals that counters are read from, of all hours that are tallied.
WITH errors AS (
    INSERT INTO advisorjobs_error_totals (queue_name, job_name, error_code, failures)
    SELECT queue_name, job_name, error_code, sum(failures) FROM advisorjobs_error_tallies
     WHERE organization_id = '' AND whole AND grain = 1 GROUP BY queue_name, job_name, error_code)
INSERT INTO advisorjobs_tallies
SELECT '', true, 0, 'infinity', queue_name, job_name, sum(completed), sum(failed), sum(cancelled), sum(runs), sum(retried), sum(timed_out),
       sum(crashed), sum(snoozed), sum(released), sum(waits), sum(wait_sum), max(wait_max), sum(times), sum(time_sum), max(time_max)
  FROM advisorjobs_tallies WHERE organization_id = '' AND whole AND grain = 1 GROUP BY queue_name, job_name
