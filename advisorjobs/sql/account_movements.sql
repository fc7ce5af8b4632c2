-- What is booked on an account between two days, with the balance that the statement printed behind it, where it did.
SELECT t.booked_on, t.amount, t.description, t.source,
       d.lines -> (substring(t.external_id FROM '[0-9]+$')::integer - 1) ->> 'balance' AS balance
  FROM practice_transactions t
  LEFT JOIN practice_documents d ON t.source = 'document' AND d.organization_id = t.organization_id AND d.id = t.document_id
 WHERE t.organization_id = %(organization)s AND t.account_id = %(account)s AND t.client_id = %(client)s
   AND t.booked_on BETWEEN %(first)s AND %(last)s
