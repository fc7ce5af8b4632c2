-- What is gone there.
UPDATE practice_invoices
   SET status = 'void', changed_at = now(), external_seen_at = clock_timestamp()
 WHERE organization_id = advisorjobs_organization() AND source = 'quickbooks' AND external_id = ANY (%(ids)s)
