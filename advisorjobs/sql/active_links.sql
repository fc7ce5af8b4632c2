SELECT service, account, trouble FROM practice_connections
 WHERE is_active AND service = ANY (%(services)s::text[]) ORDER BY service, account
