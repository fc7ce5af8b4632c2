-- The account that a client's bank statements speak of; whoever else opened it meanwhile has opened it for all. Without a
-- currency on the statement it is the client's.
INSERT INTO practice_accounts (organization_id, client_id, name, kind, number, currency, source, external_id)
SELECT c.organization_id, c.id, %(name)s, 'bank', %(number)s, coalesce(%(currency)s, c.currency), 'document', %(external_id)s
  FROM practice_clients c WHERE c.organization_id = %(organization)s AND c.id = %(client)s
    ON CONFLICT (organization_id, source, external_id) DO UPDATE SET is_active = true
RETURNING id, currency
