-- Where a sync stands; only by the one that set the cursor before.
UPDATE practice_connections SET cursor = %(cursor)s::jsonb, changed_at = now()
 WHERE service = %(service)s AND account = %(account)s AND cursor IS NOT DISTINCT FROM %(before)s::jsonb
RETURNING true
