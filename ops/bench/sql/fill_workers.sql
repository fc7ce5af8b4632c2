-- Worker processes that live, with as many as a large practice runs.
INSERT INTO advisorjobs_workers (
    token, name, queues, slots, job_names, lease, expires_at, host, pid, version, memory, cpu)
SELECT gen_random_uuid(), 'worker-' || n, ARRAY['critical', 'document-processing', 'ai-processing', 'reports', 'emails'],
       ARRAY[20, 4, 4, 4, 20], ARRAY['test:work'], interval '1 day', now() + interval '1 day', 'host-' || n, n, '1.0', 100000000, 0.3
  FROM generate_series(1, 10) AS n
