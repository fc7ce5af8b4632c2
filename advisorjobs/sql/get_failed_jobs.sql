SELECT g.* FROM (
    SELECT id FROM procrastinate_jobs WHERE status = 'failed' AND queue_name = %(queue)s ORDER BY id DESC LIMIT %(most)s) f
 CROSS JOIN LATERAL get_job(f.id) g ORDER BY g.finished_at DESC NULLS LAST, g.id DESC
