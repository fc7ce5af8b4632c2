SELECT s.done, advisorjobs_noted() AS note FROM (
    SELECT pause_schedule(%(key)s::text, %(organization_id)s::text, reason => %(reason)s::text, paused_by => %(paused_by)s::text) AS done
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
