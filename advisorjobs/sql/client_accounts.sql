-- A client's accounts, locked: two statements of one account are booked one after the other.
SELECT id, name, number, kind, currency, source, external_id
  FROM practice_accounts
 WHERE organization_id = %(organization)s AND client_id = %(client)s AND is_active
 ORDER BY id
   FOR NO KEY UPDATE
