SELECT reset_queue_limit(%(queue)s::text) FROM advisorjobs_act(%(actor)s::jsonb)
