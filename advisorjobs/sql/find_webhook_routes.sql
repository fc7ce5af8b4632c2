-- Whose accounts these are, and what their webhooks are verified with.
SELECT account, organization_id, secrets FROM advisorjobs_webhook_routes(%(service)s, %(accounts)s)
