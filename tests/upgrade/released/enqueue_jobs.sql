SELECT id, created FROM advisorjobs_enqueue(%(jobs)s::jsonb)
