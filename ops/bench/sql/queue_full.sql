INSERT INTO advisorjobs_queues (name, priority, rate, rate_window) VALUES ('critical', 1, 1, '1 day')
    ON CONFLICT (name) DO UPDATE SET rate = 1, rate_window = '1 day'
