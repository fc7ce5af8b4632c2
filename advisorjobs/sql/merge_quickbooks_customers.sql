-- What was billed to a customer that was merged into another is that other's, if it is known already.
UPDATE practice_invoices i
   SET customer_id = kept.id, changed_at = now()
  FROM practice_customers gone, practice_customers kept
 WHERE gone.organization_id = advisorjobs_organization() AND gone.source = 'quickbooks' AND gone.external_id = %(gone)s
   AND kept.organization_id = gone.organization_id AND kept.source = 'quickbooks' AND kept.external_id = %(kept)s
   AND i.organization_id = gone.organization_id AND i.customer_id = gone.id
