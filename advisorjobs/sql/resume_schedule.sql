SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT resume_schedule(%(key)s::text, %(organization_id)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
