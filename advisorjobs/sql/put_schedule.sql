SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT advisorjobs_put_schedule(%(schedule)s::jsonb) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
