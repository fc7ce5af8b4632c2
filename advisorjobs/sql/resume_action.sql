SELECT advisorjobs_resume_action(%(id)s::bigint) FROM advisorjobs_act(%(actor)s::jsonb)
