WITH gone AS (
    DELETE FROM practice_webhook_events WHERE (organization_id, provider, account, event_id) IN (
        SELECT organization_id, provider, account, event_id FROM practice_webhook_events
         WHERE received_at < now() - make_interval(days => %(days)s) AND applied_at IS NOT NULL
         ORDER BY organization_id, provider, account, event_id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
    RETURNING 1)
SELECT count(*) FROM gone
