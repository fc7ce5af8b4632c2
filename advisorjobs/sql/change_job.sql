SELECT (s.change).done, (s.change).refused, advisorjobs_noted() AS note FROM (
    SELECT advisorjobs_change_jobs(%(action)s::text, ARRAY[%(job_id)s::bigint], %(arguments)s::jsonb) AS change
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
