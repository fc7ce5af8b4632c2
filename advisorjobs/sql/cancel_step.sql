SELECT (s.step).done, (s.step).next_after FROM (
    SELECT advisorjobs_cancel_step(
               %(queue)s::text, %(name)s::text, %(organization_id)s::text, %(tag)s::text, %(after)s) AS step
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
