SELECT schedule_id, tick, outcome, job_id FROM advisorjobs_advance_schedules(%(steps)s::jsonb)
