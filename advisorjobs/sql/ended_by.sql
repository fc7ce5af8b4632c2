SELECT advisorjobs_ended_by(%(worker)s::bigint, %(ids)s::bigint[], %(run_nos)s::int[])
