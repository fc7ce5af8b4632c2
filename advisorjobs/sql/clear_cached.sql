WITH gone AS (
    DELETE FROM practice_cached WHERE (organization_id, kind, key) IN (
        SELECT organization_id, kind, key FROM practice_cached WHERE NOT %(only_expired)s OR expires_at <= now()
         ORDER BY organization_id, kind, key LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING 1)
SELECT count(*) FROM gone
