-- What a queue's own rate limit has counted so far. The queue's row is held, as by a claim that counts.
WITH held AS (SELECT name FROM advisorjobs_queues WHERE name = %(queue)s FOR NO KEY UPDATE),
gone AS (DELETE FROM advisorjobs_grants g USING held h WHERE g.scope = advisorjobs_scope('queue', h.name) RETURNING 1)
SELECT count(*) FROM gone
