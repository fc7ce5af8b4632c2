-- An hour of history, and what its completions would have left to be folded. organizations: the first of them has a fifth of all runs.
-- In rows of a batch of at most a hundred runs of one queue, job and hour, as completions write them.
WITH ended AS (
    INSERT INTO advisorjobs_runs (
        job_id, run_no, attempt, final, status, error_code, queued_at, started_at, finished_at, run_ms, queue_name, job_name,
        organization_id, input, error_message, fingerprint)
    SELECT %(first)s + n, 1, 1, NOT failed OR n %% 2 = 0, CASE WHEN NOT failed THEN 'completed' WHEN n %% 2 = 0 THEN 'failed'
           ELSE 'retrying' END::advisorjobs_run_status, CASE WHEN failed THEN 'network' END::advisorjobs_error_code,
           at - make_interval(secs => (wait + took) / 1000.0), at - make_interval(secs => took / 1000.0), at, took,
           (ARRAY['critical', 'document-processing', 'ai-processing', 'reports', 'emails'])[1 + job %% 5], 'test:work' || job,
           'org-' || CASE WHEN random() < 0.2 THEN 0 ELSE (random() * (%(organizations)s - 1))::integer END,
           '{"number": 1}', CASE WHEN failed THEN 'no answer' END, CASE WHEN failed THEN 'f' || job END
      FROM (SELECT n, %(since)s::timestamptz + n * (interval '1 hour' / %(runs)s) AS at, (random() * 19)::integer AS job,
                   random() < 0.03 AS failed, exp(random() * 8)::integer AS wait, exp(random() * 9)::integer AS took
              FROM generate_series(0, %(runs)s - 1) AS n) r
    RETURNING *)
INSERT INTO advisorjobs_ended (
    finished_at, runs, queue_name, job_name, organizations, queued_at, started_at, run_ms, statuses, finals, error_codes,
    fingerprints, worker_ids, job_ids, run_nos)
SELECT max(finished_at), count(*), queue_name, job_name, array_agg(organization_id), array_agg(queued_at), array_agg(started_at),
       array_agg(run_ms), array_agg(status), array_agg(final), array_agg(error_code), array_agg(fingerprint),
       array_agg(worker_id), array_agg(job_id), array_agg(run_no)
  FROM (SELECT *, row_number() OVER (PARTITION BY queue_name, job_name) / 100 AS batch FROM ended) e
 GROUP BY queue_name, job_name, batch
