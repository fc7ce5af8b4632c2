SELECT pause_schedule(%(key)s::text, %(organization_id)s::text, reason => %(reason)s::text, paused_by => %(paused_by)s::text)
  FROM advisorjobs_act(%(actor)s::jsonb)
