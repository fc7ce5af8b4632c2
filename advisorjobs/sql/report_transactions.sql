SELECT t.booked_on, c.name AS client, a.name AS account, t.counterparty, t.description, t.category, t.currency, t.amount, t.tax
  FROM practice_transactions t
  JOIN practice_clients c ON c.organization_id = t.organization_id AND c.id = t.client_id
  LEFT JOIN practice_accounts a ON a.organization_id = t.organization_id AND a.id = t.account_id
 WHERE t.organization_id = %(organization)s AND (%(client)s::text IS NULL OR t.client_id = %(client)s)
   AND t.booked_on BETWEEN %(start)s AND %(end)s
 ORDER BY t.booked_on, t.id
