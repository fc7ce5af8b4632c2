SELECT done, refused, expected, finished FROM advisorjobs_action_step(%(id)s::bigint)
