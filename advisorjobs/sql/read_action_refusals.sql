SELECT r.job_id, r.reason FROM advisorjobs_action_refusals r JOIN advisorjobs_actions a ON a.id = r.action_id
 WHERE r.action_id = %(id)s::bigint AND r.job_id > %(after)s::bigint AND (%(own)s::text IS NULL OR a.organization_id = %(own)s::text)
 ORDER BY r.job_id LIMIT %(most)s::integer
