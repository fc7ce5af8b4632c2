WITH rules AS (
    INSERT INTO advisorjobs_organization_rules (queue, organization_id, rate, rate_window)
    SELECT 'critical', 'org-' || n, 1, interval '1 day' FROM generate_series(0, %(count)s - 1) AS n
    RETURNING 1)
SELECT count(*) FROM rules
