SELECT queue, organization_id, since, until, reason, paused_by
  FROM advisorjobs_pauses
 WHERE organization_id = %(organization_id)s AND (until IS NULL OR until > now())
 ORDER BY queue
