SELECT advisorjobs_put_periodic(%(schedules)s::jsonb, make_interval(secs => %(max_delay)s::double precision))
