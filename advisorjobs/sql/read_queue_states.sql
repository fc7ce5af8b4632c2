-- How all queues stand, but for who waits longest (read_oldest_waiting.sql).
SELECT * FROM advisorjobs_queue_states(NULL, false)
