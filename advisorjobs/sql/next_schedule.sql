SELECT advisorjobs_next_schedule(%(periodic)s::text[]) AS seconds
