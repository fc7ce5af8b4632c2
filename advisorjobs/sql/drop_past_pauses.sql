WITH free AS MATERIALIZED (
    SELECT p.queue, p.organization_id FROM advisorjobs_pauses p
     WHERE p.until <= now() - make_interval(mins => %(minutes)s)
     ORDER BY p.queue, p.organization_id LIMIT %(most)s FOR UPDATE OF p SKIP LOCKED),
gone AS (
    DELETE FROM advisorjobs_pauses p USING free f WHERE p.queue = f.queue AND p.organization_id = f.organization_id
    RETURNING 1)
SELECT count(*) FROM gone
