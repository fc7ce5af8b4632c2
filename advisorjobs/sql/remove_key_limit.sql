SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT remove_key_limit(%(key)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
