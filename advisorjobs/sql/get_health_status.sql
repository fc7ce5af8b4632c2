SELECT h.*, (SELECT count(*) FROM advisorjobs_workers w WHERE w.stopped_at IS NULL AND w.expires_at <= clock_timestamp()) AS silent
  FROM advisorjobs_health() h
