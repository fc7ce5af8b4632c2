-- Schedules: a few of the practice's own, one of each of five hundred organizations.
INSERT INTO advisorjobs_schedules (organization_id, key, job_name, queue_name, args, cron, time_zone, next_at, look_at)
SELECT CASE WHEN n < 20 THEN '' ELSE 'org-' || n - 20 END, 'nightly-' || n, 'test:work' || n %% 20, 'emails', '{}', '30 3 * * *',
       'Europe/Vienna', now() + interval '1 day', now() + interval '1 day'
  FROM generate_series(0, 520) AS n
