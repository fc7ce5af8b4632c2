SELECT pause_queue(%(queue)s::text, %(reason)s::text, %(until)s::timestamptz, %(paused_by)s::text, %(organization_id)s::text)
  FROM advisorjobs_act(%(actor)s::jsonb)
