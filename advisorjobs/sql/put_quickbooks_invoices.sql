-- reminder_level and reminded_on are ours: a sync leaves them.
INSERT INTO practice_invoices AS t (organization_id, client_id, customer_id, number, party_name, party_email, issued_on, due_on, currency,
                                    net, tax, total, paid, status, payment_url, source, external_id, external_version,
                                    external_changed_at, external_seen_at)
SELECT advisorjobs_organization(), %(client)s, c.id, r.number, r.party_name, r.party_email, r.issued_on, r.due_on, r.currency,
       r.net, r.tax, r.total, r.paid, r.status, r.payment_url, 'quickbooks', r.external_id, r.version, r.changed,
       clock_timestamp()
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(external_id text, version bigint, changed timestamptz, customer text,
       number text, party_name text, party_email text, issued_on date, due_on date, currency text, net numeric, tax numeric,
       total numeric, paid numeric, status text, payment_url text)
  LEFT JOIN practice_customers c
    ON c.organization_id = advisorjobs_organization() AND c.source = 'quickbooks' AND c.external_id = r.customer
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET customer_id = coalesce(excluded.customer_id, t.customer_id), number = excluded.number, party_name = excluded.party_name,
       party_email = excluded.party_email, issued_on = excluded.issued_on, due_on = excluded.due_on,
       currency = excluded.currency, net = excluded.net, tax = excluded.tax, total = excluded.total, paid = excluded.paid,
       status = excluded.status, payment_url = excluded.payment_url,
       changed_at = CASE WHEN t.external_version = excluded.external_version THEN t.changed_at ELSE now() END,
       external_version = excluded.external_version, external_changed_at = excluded.external_changed_at,
       external_seen_at = excluded.external_seen_at
 WHERE (t.external_version, t.external_changed_at) <= (excluded.external_version, excluded.external_changed_at)
