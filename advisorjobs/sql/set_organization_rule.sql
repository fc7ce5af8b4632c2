SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT set_organization_rule(
               %(organization_id)s::text, queue => %(queue)s::text, weight => %(weight)s::integer, rate => %(rate)s::text,
               running => %(running)s::integer, remove => %(remove)s::text[], why => %(why)s::text, changed_by => %(changed_by)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
