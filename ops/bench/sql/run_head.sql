UPDATE procrastinate_jobs SET status = 'doing', parked = NULL, worker_id = 0, run_token = gen_random_uuid(), started_at = now()
 WHERE id = (SELECT min(id) FROM procrastinate_jobs WHERE (lock = %(lock)s OR limit_key = %(key)s) AND status = 'todo')
