UPDATE practice_connections
   SET cursor = NULL, synced_at = greatest(synced_at, %(synced_at)s::timestamptz), changed_at = now()
 WHERE service = %(service)s AND account = %(account)s AND cursor IS NOT DISTINCT FROM %(before)s::jsonb
RETURNING true
