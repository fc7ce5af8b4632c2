-- An event that was queued without the receiver is kept like one that came through it.
INSERT INTO practice_webhook_events (organization_id, provider, account, event_id, event_type, object_id, happened_at, event)
VALUES (advisorjobs_organization(), %(provider)s, %(account)s, %(event_id)s, %(event_type)s, %(object_id)s, %(happened_at)s,
        %(event)s::jsonb)
    ON CONFLICT DO NOTHING
