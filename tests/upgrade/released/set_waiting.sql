SELECT advisorjobs_set_waiting(%(worker)s::bigint, %(waiting)s::boolean)
