-- Keeping the hot tables small, and a claim flat while somebody's transaction keeps them from being cleaned.

-- ERAS. A job that is taken leaves a dead entry at the front of the ready index. As a rule the next claim that passes marks it, and it is
-- gone. While any transaction of the server that is older stays open (a report, a dump, a forgotten session, an unused replication
-- slot) it can't be marked, and each claim would walk over all of them: at 500 jobs a second 300 000 after ten minutes, 40 to 350 ms
-- a claim. So the index begins with an era. New and returning jobs are of the present era and claims read no other; when too many dead
-- entries have come together, the next era begins, the few jobs still waiting are moved to it, and the dead stay behind where
-- nobody reads (functions/eras.sql). With nothing held back there is one era for ever.
--
-- A sequence, because its value is not a row version: everybody sees it at once, and changing it leaves nothing dead behind.
CREATE SEQUENCE advisorjobs_eras AS integer;
SELECT setval('advisorjobs_eras', 1);
GRANT SELECT ON SEQUENCE advisorjobs_eras TO PUBLIC;    -- whoever may insert a job must be able to read it

ALTER TABLE procrastinate_jobs ADD COLUMN era integer NOT NULL DEFAULT 1;
ALTER TABLE procrastinate_jobs ALTER COLUMN era SET DEFAULT pg_sequence_last_value('advisorjobs_eras'::regclass);

DROP INDEX advisorjobs_ready_idx;
CREATE INDEX advisorjobs_ready_idx ON procrastinate_jobs (era, queue_name, priority DESC, turn, id)
    WHERE status = 'todo' AND scheduled_at IS NULL AND parked IS NULL;

-- Eras that are over, until nobody can bring a ready job into them any more.
CREATE TABLE advisorjobs_past_eras (
    era integer PRIMARY KEY,
    upto integer NOT NULL,                                      -- the last one of the same writers
    ended_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    writers xid8[]                                              -- still running transactions of those days; NULL: not known yet
);

-- VACUUM. Of each job two row versions die within a second of each other. Autovacuum's own settings wait for a fifth of the table,
-- which with a backlog of a million is 200 000 dead ones, and then rest every few pages.
ALTER TABLE procrastinate_jobs SET (
    -- half of each page is for the versions that claims write: a version on the same page is logged as a difference only.
    -- Measured per job, claim and completion: 708 bytes of WAL instead of 876 (payload of 20 bytes), 1147 instead of 1562 (of 400);
    -- the table does not get larger by it.
    fillfactor = 50,
    -- 1 000 dead ones, and a hundredth of a backlog: cleaning reads every index from end to end, so not more often than that
    autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_cost_delay = 0,   -- no rests: what is cleaned is small and in memory, and dead entries cost every claim
    -- a visibility map of rows that live for a second helps nobody, and a vacuum for inserts alone would come as often as the other
    autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0.2,
    -- claims don't depend on statistics; pages, counts and `doctor` do
    autovacuum_analyze_threshold = 5000, autovacuum_analyze_scale_factor = 0.1,
    -- payloads over two kilobytes live there and die with their jobs
    toast.autovacuum_vacuum_threshold = 1000, toast.autovacuum_vacuum_scale_factor = 0.01, toast.autovacuum_vacuum_cost_delay = 0);

-- One row per process, renewed every few seconds and whenever it turns idle or busy, and read by every claim and every insert: many
-- versions of few rows. They stay on their page as long as it has room; nothing indexed changes.
ALTER TABLE advisorjobs_workers SET (
    fillfactor = 20, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);

-- As the jobs: a row comes with its job, changes once, and goes.
ALTER TABLE advisorjobs_unique_keys SET (
    fillfactor = 80, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_cost_delay = 0);

-- A handful of rows that are read by every claim; a vacuum of them takes no time.
ALTER TABLE advisorjobs_queues SET (fillfactor = 50, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
ALTER TABLE advisorjobs_past_eras SET (fillfactor = 50, autovacuum_vacuum_threshold = 50, autovacuum_vacuum_scale_factor = 0);
