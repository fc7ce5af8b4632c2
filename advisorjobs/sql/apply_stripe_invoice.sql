-- Days are those of the firm's time zone.
INSERT INTO practice_invoices AS i (
    organization_id, client_id, customer_id, kind, number, party_name, party_email, issued_on, due_on, currency, net, tax, total,
    paid, status, payment_url, source, external_id)
SELECT o.id, %(client)s,
       (SELECT c.id FROM practice_customers c WHERE c.organization_id = o.id AND c.source = 'stripe' AND c.external_id = %(customer)s),
       'sale', %(number)s, %(party_name)s, %(party_email)s, (%(issued_at)s AT TIME ZONE o.time_zone)::date,
       greatest((%(due_at)s AT TIME ZONE o.time_zone)::date, (%(issued_at)s AT TIME ZONE o.time_zone)::date),
       %(currency)s, %(net)s, %(tax)s, %(total)s, %(paid)s, %(status)s, %(payment_url)s, 'stripe', %(id)s
  FROM practice_organizations o WHERE o.id = advisorjobs_organization()
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET customer_id = excluded.customer_id, number = excluded.number, party_name = excluded.party_name,
       party_email = excluded.party_email, issued_on = excluded.issued_on, due_on = excluded.due_on, currency = excluded.currency,
       net = excluded.net, tax = excluded.tax, total = excluded.total, paid = excluded.paid, status = excluded.status,
       payment_url = excluded.payment_url, changed_at = now()
