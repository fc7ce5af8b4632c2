SELECT (s.step).done, (s.step).next_after FROM (
    SELECT advisorjobs_clean_step(%(queue)s::text, %(states)s::text[], %(before)s, %(after)s) AS step
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
