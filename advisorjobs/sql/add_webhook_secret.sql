-- The newest first; of those before it four at most.
INSERT INTO practice_connections AS c (organization_id, service, account, client_id, secrets)
VALUES (%(organization_id)s, %(service)s, %(account)s, %(client)s, ARRAY[%(secret)s::text])
    ON CONFLICT (organization_id, service, account) DO UPDATE
   SET secrets = CASE WHEN %(only)s THEN excluded.secrets ELSE (excluded.secrets || c.secrets)[1:5] END,
       client_id = coalesce(excluded.client_id, c.client_id), changed_at = now()
