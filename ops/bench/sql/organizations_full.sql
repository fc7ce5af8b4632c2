INSERT INTO advisorjobs_organization_rules (organization_id, rate, rate_window)
SELECT 'a-' || lpad(n::text, 5, '0'), 1, '1 day' FROM generate_series(0, 999) AS n
