-- Which workers are alive, one row per process. state: alive; silent: its lease ran out without a goodbye (killed, hung, cut off), and
-- others take its jobs. said_s: seconds since it was heard of; more than `lease_s` is silence. running: jobs that it holds, `slots` by
-- queue: how many it may. A queue that no row names is served by nobody: see stuck.sql.
SELECT w.name AS worker, CASE WHEN w.expires_at > now() THEN 'alive' ELSE 'silent' END AS state,
       extract(epoch FROM now() - w.beat_at)::integer AS said_s, extract(epoch FROM w.lease)::integer AS lease_s,
       (SELECT count(*) FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.worker_id = w.id) AS running,
       (SELECT jsonb_object_agg(s.queue, s.slots) FROM unnest(w.queues, w.slots) AS s(queue, slots)) AS slots,
       w.started_at, w.id AS worker_id
  FROM advisorjobs_workers w WHERE w.stopped_at IS NULL ORDER BY w.name, w.id;
