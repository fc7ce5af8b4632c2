SELECT s.*, now() AS at FROM advisorjobs_limit_states(%(organization_id)s::text, %(most)s::int, %(kinds)s::text[]) s
 ORDER BY s.kind = 'key', s.kind = 'organization', s.tokens NULLS LAST, s.queue, s.organization_id, s.key
