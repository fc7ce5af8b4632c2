SELECT * FROM advisorjobs_series(
    %(queue)s::text, %(organization_id)s::text, now() - make_interval(hours => %(span)s::int - %(hours)s::int), %(hours)s::int)
