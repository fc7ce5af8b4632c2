SELECT remove_key_limit(%(key)s::text) FROM advisorjobs_act(%(actor)s::jsonb)
