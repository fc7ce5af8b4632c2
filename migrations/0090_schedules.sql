-- Schedules: jobs that return. What is due is decided by workers (advisorjobs/flow/), written by functions/schedules.sql.

CREATE TYPE advisorjobs_overlap AS ENUM ('allow', 'skip', 'replace');
CREATE TYPE advisorjobs_missed AS ENUM ('skip', 'once', 'all');
-- the job was created; it was left out, as the one before still lived; procrastinate's own deferrer had created it before
CREATE TYPE advisorjobs_tick_outcome AS ENUM ('queued', 'skipped', 'elsewhere');

CREATE TABLE advisorjobs_schedules (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_id text NOT NULL DEFAULT '',       -- '': of none
    key text NOT NULL CHECK (key <> ''),
    version bigint NOT NULL DEFAULT 1,              -- counts every change: a worker that decided on an older one changes nothing
    job_name text NOT NULL,
    queue_name text NOT NULL,
    args jsonb NOT NULL,
    priority smallint CHECK (priority BETWEEN 1 AND 9),     -- 1 is first; NULL: the queue's own
    tags text[],
    cron text,
    every interval CHECK (every BETWEEN interval '1 second' AND interval '36525 days'),
    time_zone text NOT NULL DEFAULT 'UTC',
    start_at timestamptz CHECK (start_at BETWEEN '1970-01-01Z' AND '9000-01-01Z'),
    end_at timestamptz CHECK (end_at BETWEEN '1970-01-01Z' AND '9000-01-01Z'),
    run_limit integer CHECK (run_limit > 0),
    jitter interval NOT NULL DEFAULT '0' CHECK (jitter BETWEEN interval '0' AND interval '36525 days'),
    overlap advisorjobs_overlap NOT NULL DEFAULT 'allow',
    missed advisorjobs_missed NOT NULL DEFAULT 'once',
    missed_cap integer NOT NULL DEFAULT 100 CHECK (missed_cap BETWEEN 1 AND 1000),
    give_up_after interval CHECK (give_up_after BETWEEN interval '1 microsecond' AND interval '36525 days'),
    -- of procrastinate's @app.periodic: only a worker whose program has the task looks at it
    periodic_id text,
    lock text,
    queueing_lock text,
    stock_priority integer,
    -- where it stands
    planned_from timestamptz NOT NULL DEFAULT now(),        -- the first tick is the first one later than this
    next_at timestamptz,                            -- the next tick; NULL: not planned yet, or never again
    look_at timestamptz,                            -- when a worker must look at it; NULL: paused, broken or ended
    last_tick timestamptz,                          -- none is run again that isn't later
    last_at timestamptz,                            -- when a job was created last
    last_job_id bigint,
    runs bigint NOT NULL DEFAULT 0,
    skipped bigint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    broken text,                                    -- why no worker can make anything of it
    paused_at timestamptz,
    paused_by text,
    paused_why text,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text,
    UNIQUE (organization_id, key),
    CHECK ((cron IS NULL) <> (every IS NULL)),
    CHECK (end_at >= start_at)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX advisorjobs_schedules_look_idx ON advisorjobs_schedules (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX advisorjobs_schedules_key_idx ON advisorjobs_schedules (key);

-- The last hundred ticks of each schedule. The key is the last guard of "one job per tick".
CREATE TABLE advisorjobs_schedule_ticks (
    schedule_id bigint NOT NULL REFERENCES advisorjobs_schedules ON DELETE CASCADE,
    tick timestamptz NOT NULL,
    outcome advisorjobs_tick_outcome NOT NULL,
    asked_for boolean NOT NULL DEFAULT false,       -- by people, out of turn
    job_id bigint,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (schedule_id, tick)
);
