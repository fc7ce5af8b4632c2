-- The movements of a bank statement, each once: its name is the document's id and the number of its line.
INSERT INTO practice_transactions
       (organization_id, client_id, account_id, booked_on, amount, currency, description, document_id, source, external_id)
SELECT %(organization)s, %(client)s, %(account)s, booked_on, amount, %(currency)s, description, %(document)s, 'document',
       %(document)s::text || ':' || line
  FROM jsonb_to_recordset(%(movements)s::jsonb) AS m(line integer, booked_on date, amount numeric, description text)
    ON CONFLICT (organization_id, source, external_id) DO NOTHING
RETURNING id
