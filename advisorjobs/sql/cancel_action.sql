SELECT advisorjobs_cancel_action(%(id)s::bigint) FROM advisorjobs_act(%(actor)s::jsonb)
