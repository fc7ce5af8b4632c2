-- Each account's balance before the first day and after the last one: what it was opened with and its transactions.
SELECT a.name AS account, c.name AS client, a.kind, a.currency,
       a.opening_balance + coalesce(sum(t.amount) FILTER (WHERE t.booked_on < %(start)s), 0) AS opening,
       a.opening_balance + coalesce(sum(t.amount), 0) AS closing
  FROM practice_accounts a
  JOIN practice_clients c ON c.organization_id = a.organization_id AND c.id = a.client_id
  LEFT JOIN practice_transactions t ON t.organization_id = a.organization_id AND t.client_id = a.client_id AND t.account_id = a.id
                          AND t.currency = a.currency AND t.booked_on <= %(end)s
 WHERE a.organization_id = %(organization)s AND (%(client)s::text IS NULL OR a.client_id = %(client)s)
 GROUP BY a.organization_id, a.id, c.name
HAVING a.is_active OR a.opening_balance + coalesce(sum(t.amount), 0) <> 0
    OR a.opening_balance + coalesce(sum(t.amount) FILTER (WHERE t.booked_on < %(start)s), 0) <> 0
 ORDER BY c.name, a.name, a.id
