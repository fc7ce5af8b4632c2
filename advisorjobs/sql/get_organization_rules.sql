-- What differs for single organizations. A null parameter doesn't narrow the list.
SELECT queue, organization_id, weight, rate, rate_window, running, changed_at, changed_by, changed_why
  FROM advisorjobs_organization_rules
 WHERE (%(queue)s::text IS NULL OR queue IN ('', %(queue)s))
   AND (%(organization_id)s::text IS NULL OR organization_id = %(organization_id)s)
 ORDER BY queue, organization_id
