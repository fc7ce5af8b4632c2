SELECT i.id, i.kind, i.number, i.party_name, i.issued_on, i.due_on, i.currency, i.net, i.tax, i.total, i.paid, i.status,
       p.paid_on
  FROM practice_invoices i
  LEFT JOIN (SELECT invoice_id, max(paid_on) AS paid_on FROM practice_payments
              WHERE organization_id = %(organization)s AND client_id = %(client)s AND amount > 0 GROUP BY invoice_id) p
       ON p.invoice_id = i.id
 WHERE i.organization_id = %(organization)s AND i.client_id = %(client)s AND i.status IN ('open', 'paid')
   AND (i.status = 'open' OR i.issued_on >= %(since)s)
 ORDER BY i.issued_on, i.id
