-- The engine's tables beside procrastinate's: who works, what ran, what waits for what.
--
-- procrastinate_jobs stays the one table of living jobs (waiting, delayed, running, failed). What ended is in advisorjobs_runs,
-- by month. A claim touches one row of procrastinate_jobs per job; a completion deletes it and writes the history row in the
-- same statement. The row "running" of job_executions is a view over the job's own row, so that the two can't disagree.

CREATE TYPE advisorjobs_run_status AS ENUM (
    'running', 'completed', 'failed', 'retrying', 'timed_out', 'crashed', 'cancelled', 'snoozed', 'released');

CREATE TYPE advisorjobs_error_code AS ENUM (
    'timeout', 'rate_limited', 'network', 'authentication', 'validation', 'not_found', 'external_service', 'database',
    'cancelled', 'crashed', 'internal');

-- why a waiting job is not in the ready index
CREATE TYPE advisorjobs_parking AS ENUM ('lock', 'unknown_job');

ALTER TABLE procrastinate_jobs
    ADD COLUMN organization_id text,
    ADD COLUMN queued_at timestamptz NOT NULL DEFAULT now(),
    ADD COLUMN planned_at timestamptz,              -- scheduled_at, once the job was promoted to ready
    ADD COLUMN parked advisorjobs_parking,
    ADD COLUMN run_no integer NOT NULL DEFAULT 0,
    ADD COLUMN run_token uuid,                      -- random, one per claim: see functions/claim.sql
    ADD COLUMN started_at timestamptz,
    ADD COLUMN crashes smallint NOT NULL DEFAULT 0, -- deaths of a child process that ran this job alone
    ADD COLUMN rescues smallint NOT NULL DEFAULT 0, -- returned because its worker died; a suspect from the first
    ADD COLUMN unique_key text,
    ADD COLUMN tags text[],
    ADD COLUMN progress jsonb;

-- Foreign keys of a hot table cost a row lock per insert and a scan per deleted worker; nothing needs them.
ALTER TABLE procrastinate_jobs DROP CONSTRAINT IF EXISTS procrastinate_jobs_worker_id_fkey;
ALTER TABLE procrastinate_events DROP CONSTRAINT IF EXISTS procrastinate_events_job_id_fkey;
ALTER TABLE procrastinate_periodic_defers DROP CONSTRAINT IF EXISTS procrastinate_periodic_defers_job_id_fkey;

DROP INDEX IF EXISTS procrastinate_jobs_queue_name_idx_v1;
DROP INDEX IF EXISTS procrastinate_jobs_id_lock_idx_v1;
DROP INDEX IF EXISTS procrastinate_jobs_priority_idx_v1;
DROP INDEX IF EXISTS procrastinate_jobs_lock_idx_v1;
DROP INDEX IF EXISTS procrastinate_jobs_queueing_lock_idx_v1;
DROP INDEX IF EXISTS idx_procrastinate_jobs_worker_not_null;

-- One entry per ready job, in the order of the claim. Jobs for later, behind a lock or of an unknown name are not in it.
CREATE INDEX advisorjobs_ready_idx ON procrastinate_jobs (queue_name, priority DESC, id)
    WHERE status = 'todo' AND scheduled_at IS NULL AND parked IS NULL;
CREATE INDEX advisorjobs_delayed_idx ON procrastinate_jobs (scheduled_at)
    WHERE status = 'todo' AND scheduled_at IS NOT NULL;
CREATE INDEX advisorjobs_unknown_idx ON procrastinate_jobs (queue_name, task_name, priority DESC, id)
    WHERE status = 'todo' AND parked = 'unknown_job';
-- the order in which the jobs of a lock take their turns
CREATE INDEX advisorjobs_lock_idx ON procrastinate_jobs (lock, priority DESC, id)
    WHERE lock IS NOT NULL AND status = 'todo' AND scheduled_at IS NULL;
CREATE INDEX advisorjobs_doing_idx ON procrastinate_jobs (worker_id) WHERE status = 'doing';
CREATE INDEX advisorjobs_failed_idx ON procrastinate_jobs (queue_name, id) WHERE status = 'failed';
-- procrastinate's two promises, by its own names: its error handling looks for them
CREATE UNIQUE INDEX procrastinate_jobs_lock_idx_v1 ON procrastinate_jobs (lock)
    WHERE status = 'doing' AND lock IS NOT NULL;
CREATE UNIQUE INDEX procrastinate_jobs_queueing_lock_idx_v1 ON procrastinate_jobs (queueing_lock)
    WHERE status = 'todo' AND queueing_lock IS NOT NULL;

ALTER TABLE procrastinate_jobs SET (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_threshold = -1, autovacuum_analyze_scale_factor = 0.1, autovacuum_vacuum_cost_delay = 0);

-- Processes that work. A process that doesn't renew `expires_at` in time has lost everything it held.
CREATE TABLE advisorjobs_workers (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    token uuid NOT NULL,
    name text NOT NULL,
    queues text[] NOT NULL,
    slots integer[] NOT NULL,
    job_names text[] NOT NULL,
    lease interval NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    stopped_at timestamptz,
    waiting boolean NOT NULL DEFAULT false          -- idle: an insert should notify
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 200);

-- History: one row per run that ended; months go as whole partitions.
CREATE TABLE advisorjobs_runs (
    job_id bigint NOT NULL,
    run_no integer NOT NULL,
    attempt integer NOT NULL,
    final boolean NOT NULL,                          -- the job ended with this run
    status advisorjobs_run_status NOT NULL,
    error_code advisorjobs_error_code,
    worker_id bigint,
    queued_at timestamptz NOT NULL,
    started_at timestamptz,
    finished_at timestamptz NOT NULL DEFAULT now(),
    next_run_at timestamptz,
    run_ms integer,
    queue_name text NOT NULL,
    job_name text NOT NULL,
    organization_id text,
    input jsonb,
    result jsonb,
    error_message text,
    stack_trace text,
    tags text[]
) PARTITION BY RANGE (finished_at);
CREATE INDEX advisorjobs_runs_job_idx ON advisorjobs_runs (job_id, run_no);
CREATE TABLE advisorjobs_runs_default PARTITION OF advisorjobs_runs DEFAULT;

CREATE VIEW job_executions AS
    SELECT job_id, run_no AS run_number, attempt, queue_name AS queue, job_name, organization_id, worker_id,
           status::text AS status, error_code::text AS error_code, queued_at, started_at, finished_at, next_run_at,
           (extract(epoch FROM started_at - queued_at) * 1000)::bigint AS wait_ms, run_ms, input, result, error_message,
           stack_trace, tags
      FROM advisorjobs_runs
    UNION ALL
    SELECT id, run_no, attempts, queue_name, task_name, organization_id, worker_id, 'running', NULL, queued_at, started_at,
           NULL, NULL, (extract(epoch FROM started_at - queued_at) * 1000)::bigint, NULL, args, NULL, NULL, NULL, tags
      FROM procrastinate_jobs WHERE status = 'doing';

-- Idempotency keys: at most one living job per organization, job name and key; kept until `free_at` after its end.
CREATE TABLE advisorjobs_unique_keys (
    organization_id text NOT NULL,
    job_name text NOT NULL,
    key text NOT NULL,
    job_id bigint NOT NULL,
    keep_for interval,              -- how long after the job's end
    free_at timestamptz,            -- set at its end
    PRIMARY KEY (organization_id, job_name, key)
);
CREATE INDEX advisorjobs_unique_keys_job_idx ON advisorjobs_unique_keys (job_id);

-- What the application knows, written by migrate and by each worker that starts: enqueue_job checks against it.
CREATE TABLE job_types (
    name text PRIMARY KEY,
    queue text NOT NULL,
    fields jsonb NOT NULL   -- {"document_id": {"types": ["string"], "required": true, "alias": "documentId"}, …}
);

-- One row per queue, filled from the queue table by migrate.
CREATE TABLE advisorjobs_queues (
    name text PRIMARY KEY,
    priority smallint NOT NULL CHECK (priority BETWEEN 1 AND 9)   -- 1 is first; procrastinate_jobs.priority is its negative
);
