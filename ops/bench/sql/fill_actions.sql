-- Actions on many jobs that ended, each with the thousand refusals that are kept of one.
WITH made AS (
    INSERT INTO advisorjobs_actions (state, action, filter, actor, expected, expected_more, confirmed_at, done, refused, ended_at)
    SELECT 'done', 'retry', '{"status": "failed"}', '{"by": "person-1", "via": "dashboard"}', 10000, false, now(), 9000, 1000, now()
      FROM generate_series(1, 60)
    RETURNING id)
INSERT INTO advisorjobs_action_refusals (action_id, job_id, reason)
SELECT id, n, 'it runs' FROM made CROSS JOIN generate_series(1, 1000) AS n
