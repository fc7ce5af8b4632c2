SELECT organization_id, time_zone, now() FROM advisorjobs_list_firms(%(only)s::text[], %(after)s::text, %(most)s)
