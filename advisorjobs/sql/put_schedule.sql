SELECT advisorjobs_put_schedule(%(schedule)s::jsonb) AS done FROM advisorjobs_act(%(actor)s::jsonb)
