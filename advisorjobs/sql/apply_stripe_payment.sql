-- `origin`: the payment that this one gives back, whose invoice it has.
INSERT INTO practice_payments AS p (organization_id, client_id, invoice_id, paid_on, amount, currency, source, external_id)
SELECT o.id, %(client)s,
       coalesce(
           (SELECT i.id FROM practice_invoices i WHERE i.organization_id = o.id AND i.source = 'stripe' AND i.external_id = %(invoice)s),
           (SELECT b.invoice_id FROM practice_payments b
             WHERE b.organization_id = o.id AND b.source = 'stripe' AND b.external_id = %(origin)s)),
       (%(paid_at)s AT TIME ZONE o.time_zone)::date, %(amount)s, %(currency)s, 'stripe', %(id)s
  FROM practice_organizations o WHERE o.id = advisorjobs_organization()
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET amount = excluded.amount, currency = excluded.currency, paid_on = excluded.paid_on,
       invoice_id = coalesce(excluded.invoice_id, p.invoice_id), changed_at = now()
