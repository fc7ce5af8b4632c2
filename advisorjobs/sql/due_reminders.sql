-- Open sales that are due for their next reminder, in the order of their ids. What is overdue is found by practice_invoices_due_idx.
SELECT i.id, i.client_id, i.number, i.reminder_level + 1 AS level, i.party_name, k.name AS client_name, k.email AS reply_to,
       coalesce(nullif(btrim(i.party_email), ''), nullif(btrim(c.email), '')) AS address,
       i.total - i.paid AS amount_due, i.currency, i.due_on, i.payment_url
  FROM practice_invoices i
  JOIN practice_clients k ON k.organization_id = i.organization_id AND k.id = i.client_id
  LEFT JOIN practice_customers c ON c.organization_id = i.organization_id AND c.id = i.customer_id
 WHERE i.status = 'open' AND i.kind = 'sale' AND i.total > i.paid AND i.reminder_level < %(last)s
   AND i.due_on <= %(today)s::date - (%(grace)s + %(between)s * i.reminder_level)
   AND (i.reminded_on IS NULL OR i.reminded_on <= %(today)s::date - %(between)s)
   AND i.id > %(after)s
 ORDER BY i.id LIMIT %(most)s
   FOR NO KEY UPDATE OF i
