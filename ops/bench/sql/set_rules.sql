INSERT INTO advisorjobs_queues AS q (
    name, priority, fair, rate, rate_window, organization_rate, organization_rate_window, changed_at)
VALUES ('critical', 1, %(fair)s, %(rate)s, CASE WHEN %(rate)s::integer IS NOT NULL THEN interval '1 minute' END,
        %(organization_rate)s, CASE WHEN %(organization_rate)s::integer IS NOT NULL THEN interval '1 minute' END, now())
ON CONFLICT (name) DO UPDATE
   SET fair = excluded.fair, rate = excluded.rate, rate_window = excluded.rate_window,
       organization_rate = excluded.organization_rate, organization_rate_window = excluded.organization_rate_window,
       changed_at = excluded.changed_at
RETURNING q.name
