-- Runs that ended in so many hours from "since" on, as history keeps them; nothing of them is left to be folded. organizations: the first
-- of them has a fifth of all runs.
INSERT INTO advisorjobs_runs (
    job_id, run_no, attempt, final, status, error_code, queued_at, started_at, finished_at, run_ms, queue_name, job_name,
    organization_id, input, error_message, fingerprint)
SELECT %(first)s + n, 1, 1, NOT failed OR n %% 2 = 0, CASE WHEN NOT failed THEN 'completed' WHEN n %% 2 = 0 THEN 'failed'
       ELSE 'retrying' END::advisorjobs_run_status, CASE WHEN failed THEN 'network' END::advisorjobs_error_code,
       at - make_interval(secs => (wait + took) / 1000.0), at - make_interval(secs => took / 1000.0), at, took,
       (ARRAY['critical', 'document-processing', 'ai-processing', 'reports', 'emails'])[1 + job %% 5], 'test:work' || job,
       'org-' || CASE WHEN random() < 0.2 THEN 0 ELSE (random() * (%(organizations)s - 1))::integer END,
       '{"number": 1}', CASE WHEN failed THEN 'no answer' END, CASE WHEN failed THEN 'f' || job END
  FROM (SELECT n, %(since)s::timestamptz + n * (make_interval(hours => %(hours)s) / %(runs)s) AS at,
               (random() * 19)::integer AS job, random() < 0.03 AS failed, exp(random() * 8)::integer AS wait,
               exp(random() * 9)::integer AS took
          FROM generate_series(0, %(runs)s - 1) AS n) r
