-- What statistics are read from: tallies of ended runs, and a few indexes on the history.
--
-- A completion appends one compact row to advisorjobs_ended; a chore of the workers folds these rows into the tallies
-- (functions/tallies.sql). Readers sum what is folded and what is not yet, both of one snapshot: their figures are exact.

-- which failures are alike: of the error's type, place and message without data (advisorjobs/engine/fingerprint.py)
ALTER TABLE advisorjobs_runs ADD COLUMN fingerprint text;
UPDATE advisorjobs_runs SET fingerprint = left(md5(concat_ws(' ', job_name, error_code, error_message)), 16)
 WHERE error_code IS NOT NULL AND status IN ('failed', 'retrying', 'timed_out', 'crashed');

-- An hour of history is found by advisorjobs_runs_finished_idx (0070).
-- Runs that failed and runs of a second and more are few beside all others, which pay for these indexes with one look each.
CREATE INDEX advisorjobs_runs_failed_idx ON advisorjobs_runs (finished_at) WHERE fingerprint IS NOT NULL;
CREATE INDEX advisorjobs_runs_failed_organization_idx ON advisorjobs_runs (organization_id, finished_at)
    WHERE fingerprint IS NOT NULL;
CREATE INDEX advisorjobs_runs_slow_idx ON advisorjobs_runs (run_ms) WHERE run_ms >= 1000;
CREATE INDEX advisorjobs_runs_slow_organization_idx ON advisorjobs_runs (organization_id, run_ms) WHERE run_ms >= 1000;
-- Runs that ended together and are not folded yet. Completed ones by the numbers of their jobs: what else is to be known is in the
-- history, which is written with them and not changed any more. Others (of one queue and job) as they ended: they may be
-- brought back, which changes their history. Arrays have one element per run.
CREATE TABLE advisorjobs_ended (
    writer xid8 NOT NULL DEFAULT pg_current_xact_id(),
    finished_at timestamptz NOT NULL DEFAULT now(),
    runs integer NOT NULL,
    taken_back boolean NOT NULL DEFAULT false,      -- failed jobs that run again: their "failed" no longer counts
    completed bigint[],
    queue_name text,
    job_name text,
    worker_ids bigint[],
    organizations text[],
    queued_at timestamptz[],
    started_at timestamptz[],
    run_ms integer[],
    statuses advisorjobs_run_status[],
    finals boolean[],
    error_codes advisorjobs_error_code[],
    fingerprints text[],
    job_ids bigint[],
    run_nos integer[]
) WITH (
    toast_tuple_target = 8160,      -- a batch fits on a page: neither compressed nor moved out
    autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0,
    autovacuum_vacuum_insert_threshold = 10000);
-- One entry per batch, always at the end. By it nobody reads rows that are folded and can't be vacuumed yet.
CREATE INDEX advisorjobs_ended_writer_idx ON advisorjobs_ended (writer);

-- Ended runs by hour, day and week (UTC; weeks begin on Mondays), of each organization ('': without one) and of the whole.
-- Histograms hold one element per bucket that isn't empty, bucket * 2^40 + count; from 0120 on they are numbers. See advisorjobs_bucket().
CREATE TABLE advisorjobs_tallies (
    organization_id text NOT NULL,
    whole boolean NOT NULL,             -- of all organizations; organization_id is '' then
    grain smallint NOT NULL,            -- hours: 1, 24 or 168
    since timestamptz NOT NULL,
    queue_name text NOT NULL,
    job_name text NOT NULL,
    completed bigint NOT NULL,          -- jobs that ended so, and were not brought back
    failed bigint NOT NULL,
    cancelled bigint NOT NULL,
    runs bigint NOT NULL,               -- all but the snoozed and released ones
    retried bigint NOT NULL,            -- runs after whose error another followed
    timed_out bigint NOT NULL,
    crashed bigint NOT NULL,
    snoozed bigint NOT NULL,
    released bigint NOT NULL,
    waits bigint[] NOT NULL,            -- milliseconds from due to started
    wait_sum bigint NOT NULL,
    wait_max bigint NOT NULL,
    times bigint[] NOT NULL,            -- milliseconds that runs took
    time_sum bigint NOT NULL,
    time_max bigint NOT NULL,
    PRIMARY KEY (organization_id, whole, grain, since, queue_name, job_name)
) WITH (
    fillfactor = 60, toast_tuple_target = 4080,
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
-- For what is asked of all organizations' rows. Expressions, so that nobody who asks of one is led here by odd statistics.
CREATE INDEX advisorjobs_tallies_since_idx ON advisorjobs_tallies ((grain + 0), (since AT TIME ZONE 'UTC'));

-- Failures that are alike, by hour and by day.
CREATE TABLE advisorjobs_error_tallies (
    organization_id text NOT NULL,
    whole boolean NOT NULL,
    grain smallint NOT NULL,
    since timestamptz NOT NULL,
    queue_name text NOT NULL,
    job_name text NOT NULL,
    error_code advisorjobs_error_code NOT NULL,
    fingerprint text NOT NULL,
    failures bigint NOT NULL,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL,
    job_id bigint NOT NULL,             -- the latest
    run_no integer NOT NULL,
    PRIMARY KEY (organization_id, whole, grain, since, queue_name, job_name, error_code, fingerprint)
) WITH (fillfactor = 80, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX advisorjobs_error_tallies_since_idx ON advisorjobs_error_tallies ((grain + 0), (since AT TIME ZONE 'UTC'));

-- What each worker process has done in each queue since it began; goes with its row of advisorjobs_workers.
CREATE TABLE advisorjobs_worker_tallies (
    worker_id bigint NOT NULL,
    queue_name text NOT NULL,
    runs bigint NOT NULL,
    completed bigint NOT NULL,
    failures bigint NOT NULL,           -- runs that ended in an error
    times bigint[] NOT NULL,
    time_sum bigint NOT NULL,
    time_max bigint NOT NULL,
    last_run_at timestamptz NOT NULL,
    PRIMARY KEY (worker_id, queue_name)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- How far folding is: every row of advisorjobs_ended that this snapshot saw is folded. Days before rolled_until have their rows.
CREATE TABLE advisorjobs_tally_state (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    folded pg_snapshot NOT NULL,
    rolled_until timestamptz NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
INSERT INTO advisorjobs_tally_state (folded, rolled_until)
SELECT '1:1:', date_bin('1 day', coalesce(min(finished_at), now()), '2001-01-01 00:00Z') FROM advisorjobs_runs;

-- The history that is there already, as if it ended now.
INSERT INTO advisorjobs_ended (
    finished_at, runs, queue_name, job_name, organizations, queued_at, started_at, run_ms, statuses, finals, error_codes,
    fingerprints, job_ids, run_nos)
SELECT max(finished_at), count(*), queue_name, job_name, array_agg(organization_id), array_agg(queued_at),
       array_agg(started_at), array_agg(run_ms), array_agg(status), array_agg(final), array_agg(error_code),
       array_agg(fingerprint), array_agg(job_id), array_agg(run_no)
  FROM (SELECT *, row_number() OVER (PARTITION BY queue_name, job_name, date_bin('1 hour', finished_at, '2001-01-01 00:00Z')) / 100
               AS batch FROM advisorjobs_runs) h
 GROUP BY queue_name, job_name, date_bin('1 hour', finished_at, '2001-01-01 00:00Z'), batch;

-- An organization's transactions see their own rows, also where they ask these tables; everybody else sees all that was granted.
DO $$
DECLARE
    _table regclass;
BEGIN
    FOREACH _table IN ARRAY ARRAY['advisorjobs_runs', 'advisorjobs_tallies', 'advisorjobs_error_tallies']::regclass[] LOOP
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', _table);
        EXECUTE format('CREATE POLICY advisorjobs_organization ON %s USING (
            current_user <> ''advisorjobs_tenant'' OR organization_id = advisorjobs_organization())', _table);
        EXECUTE format('GRANT SELECT ON %s TO advisorjobs_tenant', _table);
    END LOOP;
END $$;
GRANT SELECT ON advisorjobs_tally_state TO advisorjobs_tenant;
