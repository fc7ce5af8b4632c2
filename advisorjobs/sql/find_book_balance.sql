SELECT (SELECT sum(a.opening_balance) FROM practice_accounts a
         WHERE a.organization_id = %(organization)s AND a.client_id = %(client)s AND a.currency = %(currency)s) AS opening,
       coalesce((SELECT sum(t.amount) FROM practice_transactions t
                  WHERE t.organization_id = %(organization)s AND t.client_id = %(client)s AND t.currency = %(currency)s
                    AND t.booked_on <= %(day)s), 0) AS moved
