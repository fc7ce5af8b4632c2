-- Whose a token is that holds. That it was used is written once a minute.
WITH held AS (
    SELECT id, name, role::text, organization_id, used_at
      FROM advisorjobs_tokens
     WHERE token_hash = %(token_hash)s AND (expires_at IS NULL OR expires_at > now())),
used AS (
    UPDATE advisorjobs_tokens t SET used_at = now() FROM held h
     WHERE t.id = h.id AND (h.used_at IS NULL OR h.used_at < now() - interval '1 minute'))
SELECT id, name, role, organization_id FROM held
