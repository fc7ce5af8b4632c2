-- Kept counts of jobs per queue: functions/counts.sql.

-- What was folded so far. completed, cancelled, aborted: ended and not cleaned away since. aborted: cancelled while it ran.
CREATE TABLE advisorjobs_counts (
    queue_name text PRIMARY KEY,
    waiting bigint NOT NULL DEFAULT 0,
    delayed bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    completed bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    aborted bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);

-- What changed since: a row for each queue and statement. NULL is 0, and takes no room. No index: each would cost as much again.
CREATE TABLE advisorjobs_count_changes (
    queue_name text NOT NULL,
    waiting integer,
    delayed integer,
    failed integer,
    completed integer,
    cancelled integer,
    aborted integer,
    at timestamptz          -- finished_at of the runs that are counted as completed, cancelled or aborted
) WITH (
    autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0,
    autovacuum_vacuum_insert_threshold = -1);

-- When the figures are to be counted anew: at the end of this migration, and (living jobs only) when transactions that were under way
-- with the functions of before have ended.
CREATE TABLE advisorjobs_recounts (due_at timestamptz NOT NULL);
INSERT INTO advisorjobs_recounts VALUES ('-infinity'), (now() + interval '1 minute'), (now() + interval '1 hour');

-- Ended jobs that are still in the table: failed ones, and those that stock procrastinate left behind.
DROP INDEX advisorjobs_failed_idx;
CREATE INDEX advisorjobs_ended_idx ON procrastinate_jobs (queue_name, status, id)
    WHERE status IN ('failed', 'succeeded', 'cancelled', 'aborted');

-- Since when a job waits for its time: its age, for cleaning. Jobs of today's waiting list count from now.
ALTER TABLE procrastinate_jobs ADD COLUMN delayed_since timestamptz DEFAULT now();
ALTER TABLE procrastinate_jobs ALTER COLUMN delayed_since DROP DEFAULT;

-- Cleaning counts what ended in a span of time. History is written in the order of that time, so the page ranges' summaries do.
CREATE INDEX advisorjobs_runs_finished_idx ON advisorjobs_runs USING brin (finished_at) WITH (pages_per_range = 16, autosummarize = on);
