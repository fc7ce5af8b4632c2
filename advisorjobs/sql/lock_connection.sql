SELECT c.organization_id, c.service, c.account, c.client_id, NULL AS currency, c.access_token,
       extract(epoch FROM c.access_expires_at - clock_timestamp())::float8 AS access_expires_in,
       c.refresh_token, c.previous_refresh_token, c.synced_at, c.cursor, c.trouble, clock_timestamp() AS now
  FROM practice_connections c WHERE c.service = %(service)s AND c.account = %(account)s AND c.is_active
   FOR NO KEY UPDATE
