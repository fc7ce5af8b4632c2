SELECT done, next_after FROM advisorjobs_retry_step(%(queue)s::text, %(after)s)
