SELECT coalesce((SELECT retry_job(id) FROM procrastinate_jobs WHERE id = %(job_id)s::bigint AND queue_name = %(queue)s), false)
  FROM advisorjobs_act(%(actor)s::jsonb)
