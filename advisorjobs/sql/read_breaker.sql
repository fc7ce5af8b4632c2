SELECT failures, opened_at IS NOT NULL, extract(epoch FROM retry_at - clock_timestamp())::float8
  FROM advisorjobs_breakers WHERE service = %(service)s
