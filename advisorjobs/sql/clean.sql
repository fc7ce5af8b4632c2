SELECT advisorjobs_clean(%(queue)s::text, %(statuses)s::text[], now() - make_interval(secs => %(age)s), %(most)s) AS cleaned
