INSERT INTO advisorjobs_keys (key, closed_until) VALUES ('k', '2999-01-01')
