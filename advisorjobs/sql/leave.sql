SELECT advisorjobs_leave(%(worker)s::bigint, %(token)s::uuid)
