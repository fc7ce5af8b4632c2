SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT reset_queue_limit(%(queue)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
