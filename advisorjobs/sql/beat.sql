SELECT alive, last_beat
  FROM advisorjobs_beat(%(worker)s::bigint, %(token)s::uuid, %(memory)s::bigint, %(cpu)s::float8, %(stopping)s::bool)
