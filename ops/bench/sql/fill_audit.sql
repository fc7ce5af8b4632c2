-- What a busy practice did in a year: entries of twenty people, a fifth of them about the first organization's jobs, and steps of actions.
INSERT INTO advisorjobs_audit (at, by, role, via, action, subject_kind, subject, organization_id, why, count, part_of, job_ids)
SELECT now() - n * interval '100 s', 'person-' || n %% 20, 'operator', 'dashboard',
       (ARRAY['retry', 'cancel', 'pause', 'priority', 'show values'])[1 + n %% 5],
       (ARRAY['job', 'job', 'queue', 'job', 'job'])[1 + n %% 5], CASE WHEN n %% 5 = 2 THEN 'emails' ELSE n::text END,
       CASE WHEN n %% 5 <> 2 THEN 'org-' || n %% 1000 END, 'the client asked for it', 1, CASE WHEN n %% 3 = 0 THEN n END,
       CASE WHEN n %% 3 = 0 THEN ARRAY[n, n + 1] END
  FROM generate_series(1, %(count)s) AS n
