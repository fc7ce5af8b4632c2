-- Limits, fair turns and pauses: what a queue may start, and whose turn it is.

-- turn: whose turn the job waits for. Its organization; '' without one, and in a queue whose fairness is off.
-- cost: how many starts of a rate limit it uses up. limit_key: the service or account that it works with (advisorjobs_keys).
ALTER TABLE procrastinate_jobs
    ADD COLUMN turn text NOT NULL DEFAULT '',
    ADD COLUMN cost smallint NOT NULL DEFAULT 1 CHECK (cost > 0),
    ADD COLUMN limit_key text;
UPDATE procrastinate_jobs SET turn = organization_id WHERE organization_id IS NOT NULL AND status <> 'doing';

DROP INDEX advisorjobs_ready_idx;
CREATE INDEX advisorjobs_ready_idx ON procrastinate_jobs (queue_name, priority DESC, turn, id)
    WHERE status = 'todo' AND scheduled_at IS NULL AND parked IS NULL;

-- Jobs with a key: waiting ones, ready or parked behind it, by turns; running ones, to be counted.
ALTER TYPE advisorjobs_parking ADD VALUE 'key';
CREATE INDEX advisorjobs_key_idx ON procrastinate_jobs (limit_key, parked, turn, priority DESC, id)
    WHERE limit_key IS NOT NULL AND status = 'todo' AND scheduled_at IS NULL;
CREATE INDEX advisorjobs_key_doing_idx ON procrastinate_jobs (limit_key) WHERE limit_key IS NOT NULL AND status = 'doing';

-- Filled from the queue table by migrate, changed at run time, kept by later migrations. NULL: no limit.
ALTER TABLE advisorjobs_queues
    ADD COLUMN fair boolean NOT NULL DEFAULT true,
    ADD COLUMN rate integer CHECK (rate > 0),                   -- starts in any window of rate_window, over all workers
    ADD COLUMN rate_window interval CHECK (rate_window > interval '0'),
    ADD COLUMN running integer CHECK (running > 0),             -- at once, over all workers
    ADD COLUMN organization_rate integer CHECK (organization_rate > 0),     -- the same for each organization
    ADD COLUMN organization_rate_window interval CHECK (organization_rate_window > interval '0'),
    ADD COLUMN organization_running integer CHECK (organization_running > 0),
    ADD COLUMN closed_until timestamptz,                        -- a service asked for patience
    ADD COLUMN changed_at timestamptz,
    ADD COLUMN changed_by text,
    ADD COLUMN changed_why text,
    ADD CHECK ((rate IS NULL) = (rate_window IS NULL)),
    ADD CHECK ((organization_rate IS NULL) = (organization_rate_window IS NULL));

-- What differs for one organization, in one queue or ('') in each. NULL: as the queue says.
CREATE TABLE advisorjobs_organization_rules (
    queue text NOT NULL DEFAULT '',
    organization_id text NOT NULL CHECK (organization_id <> ''),
    weight integer CHECK (weight BETWEEN 1 AND 100),            -- turns in a row
    rate integer CHECK (rate > 0),
    rate_window interval CHECK (rate_window > interval '0'),
    running integer CHECK (running > 0),
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text,
    changed_why text,
    PRIMARY KEY (queue, organization_id),
    CHECK ((rate IS NULL) = (rate_window IS NULL))
);

-- Limits of a key, over all queues. A key without a row has none.
CREATE TABLE advisorjobs_keys (
    key text PRIMARY KEY CHECK (key <> ''),
    rate integer CHECK (rate > 0),
    rate_window interval CHECK (rate_window > interval '0'),
    running integer CHECK (running > 0),
    closed_until timestamptz,
    wake_at timestamptz,                -- when jobs parked behind it may go on
    last_turn text NOT NULL DEFAULT '', -- that came back from behind it
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text,
    changed_why text,
    CHECK ((rate IS NULL) = (rate_window IS NULL))
) WITH (fillfactor = 50);
CREATE INDEX advisorjobs_keys_wake_idx ON advisorjobs_keys (wake_at) WHERE wake_at IS NOT NULL;

-- Pauses: of a queue (organization_id ''), of an organization (queue ''), or of an organization in a queue.
CREATE TABLE advisorjobs_pauses (
    queue text NOT NULL DEFAULT '',
    organization_id text NOT NULL DEFAULT '',
    since timestamptz NOT NULL DEFAULT now(),
    until timestamptz,
    reason text,
    paused_by text,
    PRIMARY KEY (queue, organization_id),
    CHECK (queue <> '' OR organization_id <> '')
);

-- The starts that a rate limit has granted lately: see functions/limits.sql.
CREATE TABLE advisorjobs_grants (
    scope text PRIMARY KEY,
    at double precision[] NOT NULL,     -- seconds since 1970, oldest first
    costs integer[] NOT NULL            -- how many starts at each
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500);

ALTER TABLE job_types
    ADD COLUMN cost smallint NOT NULL DEFAULT 1 CHECK (cost > 0),
    ADD COLUMN limit_key text;          -- 'stripe:{account_id}': fields of the payload in braces
