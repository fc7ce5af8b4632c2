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
