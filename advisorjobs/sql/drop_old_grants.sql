-- Starts that no rate limit counts any more: the newest of its scope is older than the longest window of any limit, and so long.
WITH windows AS (
    SELECT max(each) AS longest FROM (
        SELECT greatest(rate_window, organization_rate_window) FROM advisorjobs_queues
        UNION ALL SELECT rate_window FROM advisorjobs_organization_rules
        UNION ALL SELECT rate_window FROM advisorjobs_keys) w(each)),
free AS MATERIALIZED (
    SELECT g.scope FROM advisorjobs_grants g
     WHERE coalesce(g.at[cardinality(g.at)], 0) < extract(epoch FROM
           now() - make_interval(mins => %(minutes)s) - 2 * coalesce((SELECT longest FROM windows), '0'))
     ORDER BY g.scope LIMIT %(most)s FOR UPDATE OF g SKIP LOCKED),
gone AS (DELETE FROM advisorjobs_grants g USING free f WHERE g.scope = f.scope RETURNING 1)
SELECT count(*) FROM gone
