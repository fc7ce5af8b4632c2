SELECT advisorjobs_aborts(%(worker)s::bigint)
