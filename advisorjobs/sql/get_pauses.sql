SELECT queue, organization_id, since, until, reason, paused_by
  FROM advisorjobs_pauses
 WHERE until IS NULL OR until > now()
 ORDER BY queue, organization_id
