-- An event, held until the transaction ends: of two runs one waits, and finds it applied.
SELECT event_type, object_id, happened_at, event, outcome
  FROM practice_webhook_events
 WHERE organization_id = advisorjobs_organization()
   AND provider = %(provider)s AND account = %(account)s AND event_id = %(event_id)s
   FOR UPDATE
