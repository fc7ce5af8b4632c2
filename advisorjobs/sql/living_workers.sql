SELECT name, queues, slots, started_at, extract(epoch FROM now() - beat_at)::double precision AS silent_s
  FROM advisorjobs_workers WHERE stopped_at IS NULL AND expires_at > now() ORDER BY name
