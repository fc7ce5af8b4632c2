SELECT advisorjobs_propose_action(%(action)s::text, %(arguments)s::jsonb, %(filter)s::jsonb, %(jobs)s::bigint[])
  FROM advisorjobs_act(%(actor)s::jsonb)
