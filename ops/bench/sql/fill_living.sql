-- Living jobs of every kind, spread over queues and organizations, the first of which has a fifth: of a hundred jobs 40 wait, 20 are
-- delayed, 30 failed; 5 wait in line behind a lock, 5 behind a key.
WITH made AS (
    SELECT n, (ARRAY['critical', 'document-processing', 'ai-processing', 'reports', 'emails'])[1 + n %% 5] AS queue,
           'test:work' || n %% 20 AS job, 'org-' || CASE WHEN n %% 5 = 0 THEN 0 ELSE n %% %(organizations)s END AS organization,
           CASE WHEN kind < 40 THEN 'waits' WHEN kind < 60 THEN 'delayed' WHEN kind < 90 THEN 'failed' WHEN kind < 95 THEN 'lock' ELSE 'key' END
               AS kind, now() - make_interval(secs => n / 10.0) AS at
      FROM (SELECT n, n / 5 %% 100 AS kind FROM generate_series(1, %(count)s) AS n) k)
INSERT INTO procrastinate_jobs (
    queue_name, task_name, priority, lock, limit_key, args, status, scheduled_at, queued_at, planned_at, organization_id, turn, tags,
    attempts, run_no, started_at, parked, unique_key)
SELECT queue, job, -1 - n %% 3, CASE WHEN kind = 'lock' THEN 'lock-' || n %% 50 END, CASE WHEN kind = 'key' THEN 'key-' || n %% 50 END,
       jsonb_build_object('number', n, 'document_id', 'doc-' || n),
       CASE WHEN kind = 'failed' THEN 'failed' ELSE 'todo' END::procrastinate_job_status,
       CASE WHEN kind = 'delayed' THEN now() + make_interval(hours => 1 + n %% 1000) END, at, at, organization, organization,
       CASE WHEN n %% 10 = 0 THEN ARRAY['year-end', 'client:' || n %% 1000] END,
       CASE WHEN kind = 'failed' THEN 1 ELSE 0 END, CASE WHEN kind = 'failed' THEN 1 ELSE 0 END, CASE WHEN kind = 'failed' THEN at END,
       CASE kind WHEN 'lock' THEN 'lock' WHEN 'key' THEN 'key' END::advisorjobs_parking, NULL
  FROM made
