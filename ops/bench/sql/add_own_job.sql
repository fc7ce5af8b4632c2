SELECT enqueue_job(
    %(name)s, jsonb_build_object('organization_id', 'org-1', 'number', %(number)s::int),
    schedule_in => make_interval(secs => %(seconds)s::double precision))
