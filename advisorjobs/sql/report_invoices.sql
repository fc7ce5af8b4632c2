-- Invoices as they stood on a day: what was paid later is taken back. A paid one has nothing open, whatever `paid` says.
SELECT * FROM (
    SELECT i.kind, i.number, i.party_name AS party, c.name AS client, i.issued_on, i.due_on, i.currency, i.net, i.tax, i.total,
           i.total - CASE WHEN i.status = 'paid' THEN i.total ELSE i.paid END + coalesce(later.amount, 0) AS outstanding
      FROM practice_invoices i
      JOIN practice_clients c ON c.organization_id = i.organization_id AND c.id = i.client_id
      LEFT JOIN LATERAL (
          SELECT sum(p.amount) AS amount FROM practice_payments p
           WHERE p.organization_id = i.organization_id AND p.invoice_id = i.id AND p.currency = i.currency
             AND p.paid_on > %(day)s) later ON true
     WHERE i.organization_id = %(organization)s AND (%(client)s::text IS NULL OR i.client_id = %(client)s)
       AND i.status IN ('open', 'paid') AND i.issued_on BETWEEN %(start)s AND %(day)s) AS stood
 WHERE NOT %(only_open)s OR outstanding <> 0
 ORDER BY issued_on, number
