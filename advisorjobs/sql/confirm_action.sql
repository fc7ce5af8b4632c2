SELECT advisorjobs_confirm_action(%(id)s::bigint, %(why)s::text) FROM advisorjobs_act(%(actor)s::jsonb)
