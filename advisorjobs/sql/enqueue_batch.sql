SELECT array_agg(e.id) AS ids, array_agg(e.created) AS created FROM advisorjobs_enqueue(%(jobs)s::text::jsonb) e
