-- Connected again, it goes on where it was: cursor and synced_at stay.
INSERT INTO practice_connections AS c (organization_id, service, account, client_id, refresh_token, refresh_expires_at)
VALUES (%(organization)s, %(service)s, %(account)s, %(client)s, %(refresh_token)s, %(refresh_expires_at)s)
    ON CONFLICT (organization_id, service, account) DO UPDATE
   SET client_id = coalesce(excluded.client_id, c.client_id), refresh_token = coalesce(excluded.refresh_token, c.refresh_token),
       refresh_expires_at = coalesce(excluded.refresh_expires_at, c.refresh_expires_at), previous_refresh_token = NULL,
       access_token = NULL, access_expires_at = NULL, is_active = true, trouble = NULL, changed_at = now()
