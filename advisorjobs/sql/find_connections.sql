SELECT c.organization_id, c.service, c.account, c.client_id, k.currency, c.access_token,
       extract(epoch FROM c.access_expires_at - clock_timestamp())::float8 AS access_expires_in,
       c.refresh_token, c.previous_refresh_token, c.synced_at, c.cursor, c.trouble, clock_timestamp() AS now
  FROM practice_connections c LEFT JOIN practice_clients k ON k.organization_id = c.organization_id AND k.id = c.client_id
 WHERE c.service = %(service)s AND c.is_active AND (%(account)s::text IS NULL OR c.account = %(account)s)
 ORDER BY c.account
