SELECT unschedule_job(%(key)s::text, %(organization_id)s::text) FROM advisorjobs_act(%(actor)s::jsonb)
