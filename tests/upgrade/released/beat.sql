SELECT alive, last_beat FROM advisorjobs_beat(%(worker)s::bigint, %(token)s::uuid)
