SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT remove_organization_rule(%(organization_id)s::text, %(queue)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
