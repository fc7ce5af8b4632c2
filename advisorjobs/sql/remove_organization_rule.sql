SELECT remove_organization_rule(%(organization_id)s::text, %(queue)s::text) FROM advisorjobs_act(%(actor)s::jsonb)
