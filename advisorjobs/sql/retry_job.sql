SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT coalesce((SELECT retry_job(id) FROM procrastinate_jobs WHERE id = %(job_id)s::bigint AND queue_name = %(queue)s), false) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
