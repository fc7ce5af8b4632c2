SELECT s.action_id, advisorjobs_noted() AS note FROM (
    SELECT advisorjobs_undo(%(id)s::bigint) AS action_id
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
