SELECT advisorjobs_put_schedule(%(schedule)s::jsonb) AS done
