SELECT * FROM advisorjobs_publish(%(queues)s::jsonb, %(job_types)s::jsonb)
