SELECT done, next_after FROM advisorjobs_clean_step(%(queue)s::text, %(states)s::text[], %(before)s, %(after)s)
