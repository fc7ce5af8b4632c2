-- Events and their jobs, in one transaction.
SELECT advisorjobs_receive_webhooks(%(events)s::text::jsonb) AS taken
