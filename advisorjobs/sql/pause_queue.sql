SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT pause_queue(%(queue)s::text, %(reason)s::text, %(until)s::timestamptz, %(paused_by)s::text, %(organization_id)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
