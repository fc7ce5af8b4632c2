-- Those of these jobs that somebody else's transaction has locked, itself or by its job lock.
WITH free AS MATERIALIZED (
    SELECT id FROM procrastinate_jobs
     WHERE id = ANY (%(ids)s::bigint[]) AND (lock IS NULL OR pg_try_advisory_xact_lock(hashtextextended(lock, 0)))
       FOR NO KEY UPDATE SKIP LOCKED)
SELECT ARRAY(SELECT j.id FROM procrastinate_jobs j
              WHERE j.id = ANY (%(ids)s::bigint[]) AND NOT EXISTS (SELECT FROM free WHERE free.id = j.id))
  FROM set_config('lock_timeout', '300ms', true)
