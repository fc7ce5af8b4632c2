-- Services that have been well for so long: no failure counted and nothing open, which is what no row says too.
WITH free AS MATERIALIZED (
    SELECT b.service FROM advisorjobs_breakers b
     WHERE b.opened_at IS NULL AND b.failures = 0 AND b.changed_at <= now() - make_interval(mins => %(minutes)s)
     ORDER BY b.service LIMIT %(most)s FOR UPDATE OF b SKIP LOCKED),
gone AS (DELETE FROM advisorjobs_breakers b USING free f WHERE b.service = f.service RETURNING 1)
SELECT count(*) FROM gone
