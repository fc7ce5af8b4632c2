SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT set_queue_limit(
               %(queue)s::text, rate => %(rate)s::text, running => %(running)s::integer,
               organization_rate => %(organization_rate)s::text, organization_running => %(organization_running)s::integer,
               fair => %(fair)s::boolean, remove => %(remove)s::text[], why => %(why)s::text, changed_by => %(changed_by)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
