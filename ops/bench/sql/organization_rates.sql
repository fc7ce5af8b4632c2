INSERT INTO advisorjobs_queues (name, priority, organization_rate, organization_rate_window) VALUES ('critical', 1, 1000000, '1 minute')
    ON CONFLICT (name) DO UPDATE SET organization_rate = 1000000, organization_rate_window = '1 minute'
