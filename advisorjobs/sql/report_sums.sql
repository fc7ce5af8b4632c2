SELECT currency, date_trunc('month', booked_on)::date AS month, category, amount >= 0 AS came_in,
       count(*) AS count, sum(amount) AS amount, sum(tax) AS tax
  FROM practice_transactions
 WHERE organization_id = %(organization)s AND (%(client)s::text IS NULL OR client_id = %(client)s)
   AND booked_on BETWEEN %(start)s AND %(end)s
 GROUP BY 1, 2, 3, 4
 ORDER BY 1, 2, 3, 4
