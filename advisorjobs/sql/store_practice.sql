-- Writes an invented firm with everything of its (practice/storing.py), in a transaction that works for it. Foreign keys are
-- checked when the statement is through, so that the order of its parts doesn't matter.
WITH doc AS (SELECT %(firm)s::text::jsonb AS of),
organization AS (
    INSERT INTO practice_organizations (id, name, email, time_zone, language, currency)
    SELECT r.id, r.name, r.email, r.time_zone, r.language, r.currency
      FROM doc, jsonb_populate_record(NULL::practice_organizations, of -> 'organization') r),
member AS (
    INSERT INTO practice_members (organization_id, id, name, email, role, language)
    SELECT %(organization)s, r.id, r.name, r.email, r.role, r.language
      FROM doc, jsonb_populate_recordset(NULL::practice_members, of -> 'members') r),
channel AS (
    INSERT INTO practice_channels (organization_id, id, kind, address)
    SELECT %(organization)s, r.id, r.kind, r.address
      FROM doc, jsonb_populate_recordset(NULL::practice_channels, of -> 'channels') r),
client AS (
    INSERT INTO practice_clients (organization_id, id, name, email, currency)
    SELECT %(organization)s, r.id, r.name, r.email, r.currency
      FROM doc, jsonb_populate_recordset(NULL::practice_clients, of -> 'clients') r),
account AS (
    INSERT INTO practice_accounts (organization_id, id, client_id, name, kind, number, currency, opening_balance)
    SELECT %(organization)s, r.id, r.client_id, r.name, r.kind, r.number, r.currency, r.opening_balance
      FROM doc, jsonb_populate_recordset(NULL::practice_accounts, of -> 'accounts') r),
transaction_ AS (
    INSERT INTO practice_transactions (organization_id, id, client_id, account_id, booked_on, amount, currency, description,
        counterparty, tax, category, category_source)
    SELECT %(organization)s, r.id, r.client_id, r.account_id, r.booked_on, r.amount, r.currency, r.description,
           r.counterparty, r.tax, r.category, CASE WHEN r.category IS NOT NULL THEN 'person' END
      FROM doc, jsonb_populate_recordset(NULL::practice_transactions, of -> 'transactions') r),
customer AS (
    INSERT INTO practice_customers (organization_id, id, client_id, name, email)
    SELECT %(organization)s, r.id, r.client_id, r.name, r.email
      FROM doc, jsonb_populate_recordset(NULL::practice_customers, of -> 'customers') r),
invoice AS (
    INSERT INTO practice_invoices (organization_id, id, client_id, customer_id, kind, number, party_name, party_email, issued_on,
        due_on, currency, net, tax, total, paid, status, reminder_level, reminded_on, source, external_id)
    SELECT %(organization)s, r.id, r.client_id, r.customer_id, r.kind, r.number, r.party_name, r.party_email, r.issued_on,
           r.due_on, r.currency, r.net, r.tax, r.total, r.paid, r.status, r.reminder_level, r.reminded_on,
           r.source, r.external_id
      FROM doc, jsonb_populate_recordset(NULL::practice_invoices, of -> 'invoices') r),
payment AS (
    INSERT INTO practice_payments (organization_id, id, client_id, invoice_id, paid_on, amount, currency)
    SELECT %(organization)s, r.id, r.client_id, r.invoice_id, r.paid_on, r.amount, r.currency
      FROM doc, jsonb_populate_recordset(NULL::practice_payments, of -> 'payments') r),
task AS (
    INSERT INTO practice_tasks (organization_id, id, client_id, title, description, assignee_id, due_on, status, done_at)
    SELECT %(organization)s, r.id, r.client_id, r.title, r.description, r.assignee_id, r.due_on, r.status,
           CASE WHEN r.status = 'done' THEN now() END
      FROM doc, jsonb_populate_recordset(NULL::practice_tasks, of -> 'tasks') r)
INSERT INTO practice_connections (organization_id, service, account, client_id, secrets)
SELECT %(organization)s, r.service, r.account, r.client_id, r.secrets
  FROM doc, jsonb_populate_recordset(NULL::practice_connections, of -> 'connections') r
