SELECT alive, released, aborts FROM advisorjobs_beat(%(worker)s::bigint, %(token)s::uuid, %(claims)s::uuid[])
