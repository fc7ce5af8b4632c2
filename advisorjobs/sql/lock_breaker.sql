-- The row, made where there is none, and locked: no two processes decide at once.
INSERT INTO advisorjobs_breakers AS b (service) VALUES (%(service)s)
    ON CONFLICT (service) DO UPDATE SET changed_at = clock_timestamp()
    RETURNING b.failures, b.opened_at IS NOT NULL, extract(epoch FROM b.retry_at - clock_timestamp())::float8
