-- Limit keys that limit nothing any more: a service's Retry-After that is over, no limit of a person's, and no job behind them.
-- Who closes one again meanwhile changes closed_until; a job that comes meanwhile finds no limit, as it would with the row.
WITH free AS MATERIALIZED (
    SELECT k.key FROM advisorjobs_keys k
     WHERE k.rate IS NULL AND k.running IS NULL
       AND coalesce(k.closed_until, '-infinity') <= now() - make_interval(mins => %(minutes)s)
       AND NOT EXISTS (SELECT FROM procrastinate_jobs j
                        WHERE j.limit_key = k.key AND j.status = 'todo' AND j.scheduled_at IS NULL)
       AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.limit_key = k.key AND j.status = 'doing')
     ORDER BY k.key LIMIT %(most)s FOR UPDATE OF k SKIP LOCKED),
gone AS (DELETE FROM advisorjobs_keys k USING free f WHERE k.key = f.key RETURNING 1)
SELECT count(*) FROM gone
