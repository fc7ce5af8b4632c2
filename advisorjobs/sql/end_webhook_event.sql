UPDATE practice_webhook_events
   SET outcome = %(outcome)s, applied_at = now(), job_id = %(job)s
 WHERE organization_id = advisorjobs_organization()
   AND provider = %(provider)s AND account = %(account)s AND event_id = %(event_id)s
