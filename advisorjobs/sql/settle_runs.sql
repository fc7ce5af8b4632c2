SELECT advisorjobs_settle(%(runs)s::jsonb)
