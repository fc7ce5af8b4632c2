-- A limit for each of so many organizations, in one queue.
INSERT INTO advisorjobs_organization_rules (queue, organization_id, rate, rate_window, running, weight)
SELECT 'emails', 'org-' || n, 100, interval '1 minute', 5, 2 FROM generate_series(0, %(organizations)s - 1) AS n
    ON CONFLICT DO NOTHING
