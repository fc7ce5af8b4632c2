-- Twenty jobs that run, by the worker that registered last.
UPDATE procrastinate_jobs
   SET status = 'doing', worker_id = (SELECT max(id) FROM advisorjobs_workers), run_token = gen_random_uuid(), started_at = now(), run_no = 1,
       attempts = 1
 WHERE id IN (
    SELECT id FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL AND parked IS NULL ORDER BY id DESC LIMIT 20)
