SELECT resume_queue(%(queue)s::text, %(organization_id)s::text) FROM advisorjobs_act(%(actor)s::jsonb)
