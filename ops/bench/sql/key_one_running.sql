INSERT INTO advisorjobs_keys (key, running) VALUES ('k', 1)
