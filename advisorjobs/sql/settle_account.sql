-- Keeps an account that was opened for statements in step with them. The newest statement says the balance, and what was there
-- before the first movement follows from it; an older one that comes later only moves that beginning back.
UPDATE practice_accounts a
   SET balance = CASE WHEN later.none THEN %(closing)s ELSE a.balance END,
       opening_balance = CASE
           WHEN NOT later.none THEN a.opening_balance - %(booked)s
           WHEN %(closing)s::numeric IS NULL THEN a.opening_balance
           ELSE %(closing)s - (SELECT coalesce(sum(t.amount), 0) FROM practice_transactions t
                                WHERE t.organization_id = a.organization_id AND t.client_id = a.client_id AND t.account_id = a.id) END,
       changed_at = clock_timestamp()
  FROM (SELECT NOT EXISTS (SELECT FROM practice_transactions t
                            WHERE t.organization_id = %(organization)s AND t.client_id = %(client)s AND t.account_id = %(account)s
                              AND t.booked_on > %(last)s) AS none) later
 WHERE a.organization_id = %(organization)s AND a.id = %(account)s AND a.source = 'document'
