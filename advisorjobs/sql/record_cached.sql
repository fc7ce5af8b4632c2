INSERT INTO practice_cached (organization_id, kind, key, value, expires_at)
VALUES (%(organization)s, %(kind)s, %(key)s, %(value)s::jsonb, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (organization_id, kind, key)
    DO UPDATE SET value = EXCLUDED.value, made_at = now(), expires_at = EXCLUDED.expires_at
