SELECT set_key_limit(
    %(key)s::text, rate => %(rate)s::text, running => %(running)s::integer, remove => %(remove)s::text[],
    why => %(why)s::text, changed_by => %(changed_by)s::text)
  FROM advisorjobs_act(%(actor)s::jsonb)
