SELECT * FROM advisorjobs_queue_stats(%(queue)s::text)
