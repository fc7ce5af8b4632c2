-- A payment that is known already belongs to this invoice.
UPDATE practice_payments p
   SET invoice_id = i.id, changed_at = now()
  FROM practice_invoices i
 WHERE i.organization_id = advisorjobs_organization() AND i.source = 'stripe' AND i.external_id = %(invoice)s
   AND p.organization_id = i.organization_id AND p.source = 'stripe' AND p.external_id = %(payment)s
