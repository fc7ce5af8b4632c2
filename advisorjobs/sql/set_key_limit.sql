SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT set_key_limit(
               %(key)s::text, rate => %(rate)s::text, running => %(running)s::integer, remove => %(remove)s::text[],
               why => %(why)s::text, changed_by => %(changed_by)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
