SELECT (s.step).done, (s.step).next_after FROM (
    SELECT advisorjobs_retry_step(%(queue)s::text, %(after)s) AS step
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
