INSERT INTO practice_transactions AS t (
    organization_id, client_id, account_id, booked_on, amount, currency, description, counterparty, category, category_source,
    source, external_id)
SELECT o.id, %(client)s,
       (SELECT a.id FROM practice_accounts a WHERE a.organization_id = o.id AND a.source = 'stripe' AND a.external_id = %(account)s),
       (%(booked_at)s AT TIME ZONE o.time_zone)::date, %(amount)s, %(currency)s, %(description)s,
       (SELECT c.name FROM practice_customers c WHERE c.organization_id = o.id AND c.source = 'stripe' AND c.external_id = %(customer)s),
       %(category)s, CASE WHEN %(category)s::text IS NOT NULL THEN 'import' END, 'stripe', %(id)s
  FROM practice_organizations o WHERE o.id = advisorjobs_organization()
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET amount = excluded.amount, currency = excluded.currency, booked_on = excluded.booked_on,
       description = excluded.description, changed_at = now()
