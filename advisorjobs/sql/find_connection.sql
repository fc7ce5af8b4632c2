-- The connections of a service, those of one account where it is named; with the database's time.
SELECT account, client_id, is_active, now() AS now
  FROM practice_connections
 WHERE service = %(service)s AND (account = %(account)s OR %(account)s::text IS NULL)
 ORDER BY account
 LIMIT 2
