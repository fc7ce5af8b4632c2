-- The practice: what a firm keeps about its clients beside their documents, and what the jobs of the nine queues read and write.
--
-- Every table shows a transaction the rows of the organization that it works for, and no others (0020_tenancy.sql). Keys are
-- (organization_id, id), so that no foreign key leads to another firm. Money is numeric(15,2), never a float; a day is a date.
-- What came from elsewhere says so: (source, external_id) is the other system's name of it, once per organization.

ALTER TABLE practice_organizations
    ADD COLUMN time_zone text NOT NULL DEFAULT 'UTC',           -- IANA: when its morning is
    ADD COLUMN language text NOT NULL DEFAULT 'en',
    ADD COLUMN currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    ADD COLUMN email text;                                      -- the firm's own address: its mails are answered there

ALTER TABLE practice_clients
    ADD COLUMN email text,
    ADD COLUMN currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$');

-- The firm's own people.
CREATE TABLE practice_members (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    name text NOT NULL,
    email text NOT NULL,
    role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')),
    language text NOT NULL DEFAULT 'en',
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
);

-- Where an organization wants to be told what can't wait, beside the mail to its owners.
CREATE TABLE practice_channels (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    kind text NOT NULL CHECK (kind IN ('email', 'webhook')),
    address text NOT NULL,                  -- of a mailbox, or https://…
    secret text,                            -- sealed (services/secrets.py): what a webhook's messages are signed with
    is_active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
);

-- A client's bank accounts and the like.
CREATE TABLE practice_accounts (
    organization_id text NOT NULL,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text NOT NULL,
    name text NOT NULL,
    kind text NOT NULL DEFAULT 'bank',      -- bank, card, cash, or what the other system calls it
    number text,                            -- IBAN or the bank's number, as statements show it: they find their account by it
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    opening_balance numeric(15, 2) NOT NULL DEFAULT 0,
    balance numeric(15, 2),                 -- as the other system says; ours is opening_balance + its transactions
    is_active boolean NOT NULL DEFAULT true,
    source text NOT NULL DEFAULT 'manual',
    external_id text,
    external_version bigint,                -- how often it changed there: an older one never overwrites a newer
    external_changed_at timestamptz,
    external_seen_at timestamptz,           -- when a full reading last found it there
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    UNIQUE (organization_id, source, external_id)
);
CREATE INDEX practice_accounts_client_idx ON practice_accounts (organization_id, client_id);

-- Money that moved: amount > 0 came in to the client, < 0 went out.
CREATE TABLE practice_transactions (
    organization_id text NOT NULL,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text NOT NULL,
    account_id text,
    booked_on date NOT NULL,
    amount numeric(15, 2) NOT NULL,
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    description text NOT NULL DEFAULT '',
    counterparty text,
    tax numeric(15, 2) NOT NULL DEFAULT 0,  -- of the amount, with its sign
    category text,                          -- of services/books/categories.toml
    category_source text CHECK (category_source IN ('person', 'rule', 'model', 'import')),
    category_confidence double precision CHECK (category_confidence BETWEEN 0 AND 1),
    category_reason text,
    document_id text,                       -- the bank statement or receipt that it was read from
    source text NOT NULL DEFAULT 'manual',  -- manual, document, quickbooks, stripe
    external_id text,
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    FOREIGN KEY (organization_id, account_id) REFERENCES practice_accounts,
    FOREIGN KEY (organization_id, document_id) REFERENCES practice_documents,
    UNIQUE (organization_id, source, external_id),
    CHECK ((category IS NULL) = (category_source IS NULL))
);
CREATE INDEX practice_transactions_client_idx ON practice_transactions (organization_id, client_id, booked_on, id);
CREATE INDEX practice_transactions_document_idx ON practice_transactions (organization_id, document_id);

-- Whom a client sells to.
CREATE TABLE practice_customers (
    organization_id text NOT NULL,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text NOT NULL,
    name text NOT NULL,
    email text,
    is_active boolean NOT NULL DEFAULT true,
    source text NOT NULL DEFAULT 'manual',
    external_id text,
    external_version bigint,                -- how often it changed there: an older one never overwrites a newer
    external_changed_at timestamptz,
    external_seen_at timestamptz,           -- when a full reading last found it there
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    UNIQUE (organization_id, source, external_id)
);
CREATE INDEX practice_customers_client_idx ON practice_customers (organization_id, client_id);

-- What a client has billed (sale) or owes (purchase).
CREATE TABLE practice_invoices (
    organization_id text NOT NULL,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text NOT NULL,
    customer_id text,
    kind text NOT NULL DEFAULT 'sale' CHECK (kind IN ('sale', 'purchase')),
    number text NOT NULL,
    party_name text NOT NULL,               -- the customer, or the supplier
    party_email text,
    issued_on date NOT NULL,
    due_on date NOT NULL,
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    net numeric(15, 2) NOT NULL,
    tax numeric(15, 2) NOT NULL DEFAULT 0,
    total numeric(15, 2) NOT NULL,
    paid numeric(15, 2) NOT NULL DEFAULT 0,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('draft', 'open', 'paid', 'void')),
    payment_url text,
    reminder_level integer NOT NULL DEFAULT 0 CHECK (reminder_level BETWEEN 0 AND 4),
    reminded_on date,
    document_id text,
    source text NOT NULL DEFAULT 'manual',
    external_id text,
    external_version bigint,                -- how often it changed there: an older one never overwrites a newer
    external_changed_at timestamptz,
    external_seen_at timestamptz,           -- when a full reading last found it there
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    FOREIGN KEY (organization_id, customer_id) REFERENCES practice_customers,
    FOREIGN KEY (organization_id, document_id) REFERENCES practice_documents,
    UNIQUE (organization_id, source, external_id),
    CHECK (total = net + tax)
);
CREATE INDEX practice_invoices_client_idx ON practice_invoices (organization_id, client_id, issued_on);
CREATE INDEX practice_invoices_due_idx ON practice_invoices (organization_id, due_on) WHERE status = 'open';

CREATE TABLE practice_payments (
    organization_id text NOT NULL,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text NOT NULL,
    invoice_id text,
    paid_on date NOT NULL,
    amount numeric(15, 2) NOT NULL,         -- < 0: a refund
    currency text NOT NULL DEFAULT 'EUR' CHECK (currency ~ '^[A-Z]{3}$'),
    source text NOT NULL DEFAULT 'manual',
    external_id text,
    external_version bigint,                -- how often it changed there: an older one never overwrites a newer
    external_changed_at timestamptz,
    external_seen_at timestamptz,           -- when a full reading last found it there
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    FOREIGN KEY (organization_id, invoice_id) REFERENCES practice_invoices,
    UNIQUE (organization_id, source, external_id)
);
CREATE INDEX practice_payments_invoice_idx ON practice_payments (organization_id, invoice_id);
CREATE INDEX practice_payments_client_idx ON practice_payments (organization_id, client_id, paid_on);

-- What the firm's people have to do for its clients.
CREATE TABLE practice_tasks (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text,
    title text NOT NULL,
    description text,
    assignee_id text,
    due_on date,
    status text NOT NULL DEFAULT 'open' CHECK (status IN ('open', 'done')),
    reminded_on date,
    created_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    FOREIGN KEY (organization_id, assignee_id) REFERENCES practice_members
);
CREATE INDEX practice_tasks_client_idx ON practice_tasks (organization_id, client_id);
CREATE INDEX practice_tasks_due_idx ON practice_tasks (organization_id, due_on) WHERE status = 'open';

-- Reports that were made: the file is in the document store.
CREATE TABLE practice_reports (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id text NOT NULL DEFAULT gen_random_uuid()::text CHECK (length(id) BETWEEN 1 AND 200),
    client_id text,
    job_id bigint NOT NULL,                 -- the job that made it: its second run finds it here
    name text NOT NULL,                     -- report:financial, …
    title text NOT NULL,
    format text NOT NULL CHECK (format IN ('pdf', 'excel', 'csv')),
    period_start date,
    period_end date,
    file_name text NOT NULL,
    storage_key text NOT NULL,
    size_bytes bigint NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    UNIQUE (organization_id, job_id)
);
CREATE INDEX practice_reports_client_idx ON practice_reports (organization_id, client_id, created_at);

-- Mails that a server has taken, or that were put into the folder. One row per message: a repeated run finds its own.
CREATE TABLE practice_mails (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    message_id text NOT NULL,
    job_id bigint NOT NULL,
    type text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    engine text NOT NULL,                   -- smtp (host) or folder
    answer text,                            -- what the server said
    sent_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, message_id)
);
CREATE INDEX practice_mails_sent_idx ON practice_mails (organization_id, sent_at);

-- What is found out about a client's money: insights, forecasts, oddities. `key` is what makes two findings the same.
CREATE TABLE practice_findings (
    organization_id text NOT NULL,
    id bigint GENERATED ALWAYS AS IDENTITY,
    client_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('insight', 'forecast', 'anomaly')),
    key text NOT NULL,
    title text NOT NULL,
    reason text NOT NULL,                   -- why: for people
    severity text NOT NULL DEFAULT 'medium' CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    score double precision,
    figures jsonb NOT NULL DEFAULT '{}',    -- what code has calculated; money as text
    transaction_ids text[] NOT NULL DEFAULT '{}',
    engine text NOT NULL,                   -- local, or azure (deployment)
    job_id bigint,
    found_at timestamptz NOT NULL DEFAULT now(),
    dismissed_at timestamptz,
    PRIMARY KEY (organization_id, id),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE,
    UNIQUE (organization_id, client_id, kind, key)
);

-- What a language model was asked, by whom and for how much.
CREATE TABLE practice_ai_usage (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY,
    job_id bigint NOT NULL,
    run integer NOT NULL,
    job_name text NOT NULL,
    model text NOT NULL,
    prompt_tokens integer NOT NULL,
    completion_tokens integer NOT NULL,
    cost numeric(15, 6),                    -- in cost_currency; NULL where the model's price isn't known
    cost_currency text,
    used_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id)
);
CREATE INDEX practice_ai_usage_used_idx ON practice_ai_usage (organization_id, used_at);

-- Answers and other things that can be made again, until they expire.
CREATE TABLE practice_cached (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    kind text NOT NULL,
    key text NOT NULL,
    value jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (organization_id, kind, key)
);

-- What a firm is connected with. Secrets are sealed (services/secrets.py), never plain.
CREATE TABLE practice_connections (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    service text NOT NULL CHECK (service IN ('stripe', 'quickbooks', 'custom')),
    account text NOT NULL,                  -- acct_…, the realm id, or the name of the custom webhook
    client_id text,                         -- whose books it is about
    secrets text[] NOT NULL DEFAULT '{}',   -- what webhooks are verified with; several while one takes over
    access_token text,
    access_expires_at timestamptz,
    refresh_token text,
    previous_refresh_token text,            -- kept until the new one has been used once
    refresh_expires_at timestamptz,
    synced_at timestamptz,                  -- everything that changed before is here
    cursor jsonb,                           -- where a sync that was interrupted goes on
    is_active boolean NOT NULL DEFAULT true,
    trouble text,                           -- why it needs a person
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, service, account),
    FOREIGN KEY (organization_id, client_id) REFERENCES practice_clients ON DELETE CASCADE
);

-- Events as they came. An event is taken once, whoever sends it how often.
CREATE TABLE practice_webhook_events (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    provider text NOT NULL,                 -- stripe, quickbooks, or custom
    account text NOT NULL,
    event_id text NOT NULL,
    event_type text NOT NULL,
    object_id text,                         -- what it is about: events of one object are applied in order
    happened_at timestamptz,
    event jsonb NOT NULL,
    job_id bigint,
    received_at timestamptz NOT NULL DEFAULT now(),
    applied_at timestamptz,
    outcome text,                           -- applied, superseded, ignored
    PRIMARY KEY (organization_id, provider, account, event_id)
);
CREATE INDEX practice_webhook_events_object_idx ON practice_webhook_events (organization_id, provider, object_id, happened_at);
CREATE INDEX practice_webhook_events_received_idx ON practice_webhook_events (organization_id, received_at);

-- The firm's feed: what happened, for its people. `key` makes an entry the same one however often a job runs.
CREATE TABLE practice_activities (
    organization_id text NOT NULL REFERENCES practice_organizations ON DELETE CASCADE,
    id bigint GENERATED ALWAYS AS IDENTITY,
    key text NOT NULL,
    kind text NOT NULL,                     -- document.completed, report.made, mail.sent, …
    client_id text,
    subject_kind text NOT NULL,             -- document, report, invoice, task, …
    subject_id text NOT NULL,
    text text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organization_id, id),
    UNIQUE (organization_id, key)
);
CREATE INDEX practice_activities_at_idx ON practice_activities (organization_id, at);
CREATE INDEX practice_activities_client_idx ON practice_activities (organization_id, client_id, at);

SELECT advisorjobs_isolate(name::regclass)
  FROM unnest(ARRAY['practice_members', 'practice_channels', 'practice_accounts', 'practice_transactions', 'practice_customers',
                    'practice_invoices', 'practice_payments', 'practice_tasks', 'practice_reports', 'practice_mails', 'practice_findings',
                    'practice_ai_usage', 'practice_cached', 'practice_connections', 'practice_webhook_events',
                    'practice_activities']) AS name;

-- WHAT BELONGS TO NO FIRM. Jobs of `system` see no firm's rows; to hand out one job per firm they need to know which firms there
-- are, and a webhook's receiver whose event it has. Both hold ids only, are kept by triggers and read through functions.

CREATE TABLE advisorjobs_firms (
    organization_id text PRIMARY KEY,
    time_zone text NOT NULL
);

CREATE TABLE advisorjobs_routes (
    service text NOT NULL,
    account text NOT NULL,
    organization_id text NOT NULL,
    is_active boolean NOT NULL,
    PRIMARY KEY (service, account)          -- an account belongs to one firm
);
CREATE INDEX advisorjobs_routes_organization_idx ON advisorjobs_routes (organization_id);

-- A service that fails is left alone for a while, by all workers together (advisorjobs/services/breaker.py).
CREATE TABLE advisorjobs_breakers (
    service text PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0,    -- in a row
    opened_at timestamptz,                  -- NULL: closed
    retry_at timestamptz,                   -- one run may try then
    changed_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON advisorjobs_breakers TO advisorjobs_tenant;

-- Which schedules of advisorjobs/upkeep/defaults.py were put here once: an operator's change or removal is kept.
CREATE TABLE advisorjobs_default_schedules (
    key text PRIMARY KEY,
    put_at timestamptz NOT NULL DEFAULT now()
);

-- The triggers' functions are migrations/functions/practice.sql's; here are stand-ins for them, as a trigger needs one.
CREATE FUNCTION advisorjobs_keep_firm() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION advisorjobs_keep_route() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER advisorjobs_keep_firm AFTER INSERT OR DELETE OR UPDATE OF time_zone ON practice_organizations
    FOR EACH ROW EXECUTE FUNCTION advisorjobs_keep_firm();
CREATE TRIGGER advisorjobs_keep_route AFTER INSERT OR DELETE OR UPDATE OF service, account, is_active ON practice_connections
    FOR EACH ROW EXECUTE FUNCTION advisorjobs_keep_route();
INSERT INTO advisorjobs_firms (organization_id, time_zone) SELECT id, time_zone FROM practice_organizations;
