INSERT INTO advisorjobs_organization_rules (organization_id, rate, rate_window)
SELECT 'z-' || n, 5, '1 minute' FROM generate_series(1, 5000) AS n
