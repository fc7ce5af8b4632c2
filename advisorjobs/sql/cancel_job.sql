SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT cancel_job(%(job_id)s::bigint) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
