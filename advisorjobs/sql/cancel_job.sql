SELECT cancel_job(%(job_id)s::bigint) FROM advisorjobs_act(%(actor)s::jsonb)
