SELECT id, booked_on, amount, currency, description, coalesce(counterparty, '') AS counterparty, tax, category,
       category_source, account_id
  FROM practice_transactions
 WHERE organization_id = %(organization)s AND category_source = 'person'
 ORDER BY booked_on DESC, id LIMIT %(most)s
