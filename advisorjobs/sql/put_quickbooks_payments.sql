-- A payment is one row per invoice that it pays. Rows that a newer state of it hasn't any more go; an older state does nothing.
WITH given AS (
    SELECT r.* FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(external_id text, payment text, version bigint,
           changed timestamptz, invoice text, paid_on date, amount numeric, currency text)),
known AS (
    SELECT p.external_id, g.payment, p.external_version, p.external_changed_at
      FROM (SELECT DISTINCT payment FROM given) g
      JOIN practice_payments p ON p.organization_id = advisorjobs_organization() AND p.source = 'quickbooks'
       AND g.payment = split_part(p.external_id, ':', 1) || ':' || split_part(p.external_id, ':', 2)),
fresh AS (
    SELECT g.* FROM given g
     WHERE NOT EXISTS (SELECT FROM known k WHERE k.payment = g.payment
                          AND (k.external_version, k.external_changed_at) > (g.version, g.changed))),
gone AS (
    DELETE FROM practice_payments p USING known k
     WHERE p.organization_id = advisorjobs_organization() AND p.source = 'quickbooks' AND p.external_id = k.external_id
       AND k.payment IN (SELECT payment FROM fresh)
       AND NOT EXISTS (SELECT FROM fresh f WHERE f.external_id = k.external_id AND f.amount <> 0))
INSERT INTO practice_payments AS t (organization_id, client_id, invoice_id, paid_on, amount, currency, source, external_id,
                                    external_version, external_changed_at, external_seen_at)
SELECT advisorjobs_organization(), %(client)s, i.id, f.paid_on, f.amount, f.currency, 'quickbooks', f.external_id, f.version,
       f.changed, clock_timestamp()
  FROM fresh f
  LEFT JOIN practice_invoices i ON i.organization_id = advisorjobs_organization() AND i.source = 'quickbooks' AND i.external_id = f.invoice
 WHERE f.amount <> 0
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET invoice_id = coalesce(excluded.invoice_id, t.invoice_id), paid_on = excluded.paid_on, amount = excluded.amount,
       currency = excluded.currency,
       changed_at = CASE WHEN t.external_version = excluded.external_version THEN t.changed_at ELSE now() END,
       external_version = excluded.external_version, external_changed_at = excluded.external_changed_at,
       external_seen_at = excluded.external_seen_at
