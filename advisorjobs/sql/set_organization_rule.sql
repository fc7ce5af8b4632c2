SELECT set_organization_rule(
    %(organization_id)s::text, queue => %(queue)s::text, weight => %(weight)s::integer, rate => %(rate)s::text,
    running => %(running)s::integer, remove => %(remove)s::text[], why => %(why)s::text, changed_by => %(changed_by)s::text)
  FROM advisorjobs_act(%(actor)s::jsonb)
