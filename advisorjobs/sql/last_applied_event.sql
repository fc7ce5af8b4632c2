-- The newest event of an object that was applied, among those of these types (NULL: all).
SELECT happened_at, event
  FROM practice_webhook_events
 WHERE organization_id = advisorjobs_organization()
   AND provider = %(provider)s AND account = %(account)s AND object_id = %(object_id)s AND outcome = 'applied'
   AND (event_type = ANY (%(types)s) OR %(types)s::text[] IS NULL)
 ORDER BY happened_at DESC, applied_at DESC
 LIMIT 1
