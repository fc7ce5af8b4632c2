SELECT id, booked_on, amount, currency, description, coalesce(counterparty, '') AS counterparty, tax, category,
       category_source, account_id
  FROM practice_transactions
 WHERE organization_id = %(organization)s AND client_id = %(client)s AND booked_on BETWEEN %(start)s AND %(end)s
 ORDER BY booked_on, id
