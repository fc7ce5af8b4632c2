-- What the pages on queues, organizations and workers are read from.

-- What ended in each minute of the last day, and how many waited at its end, by queue: functions/counts.sql writes it once a second,
-- with the counts. A queue in which nothing changed has no row for that minute.
CREATE TABLE advisorjobs_minutes (
    queue_name text NOT NULL,
    minute timestamptz NOT NULL,
    completed integer NOT NULL,
    failed integer NOT NULL,
    cancelled integer NOT NULL,
    waiting bigint,                     -- NULL: of that minute only late news came
    PRIMARY KEY (queue_name, minute)
) WITH (fillfactor = 80, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 0);

-- How much of the work was each organization's ('': of none), by hour, quarter of a day, day and week of UTC: advisorjobs_tallies
-- without names and histograms, so that a month of five thousand organizations is read in no time. Hours as they are folded, the
-- others once they are over (functions/tallies.sql), each kept as long as a page needs it.
CREATE TABLE advisorjobs_shares (
    grain smallint NOT NULL,            -- hours: 1, 6, 24 or 168
    since timestamptz NOT NULL,
    organization_id text NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    runs bigint NOT NULL,
    time_ms bigint NOT NULL,
    PRIMARY KEY (grain, since, organization_id)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

INSERT INTO advisorjobs_shares
SELECT t.grain, t.since, t.organization_id, sum(t.completed), sum(t.failed), sum(t.runs), sum(t.time_sum)
  FROM advisorjobs_tallies t WHERE NOT t.whole AND t.since > now() - CASE t.grain WHEN 1 THEN interval '54 hours' ELSE interval '45 days' END
 GROUP BY 1, 2, 3;
INSERT INTO advisorjobs_shares
SELECT 6, date_bin('6 hours', h.since, '2001-01-01 00:00Z'), h.organization_id, sum(h.completed), sum(h.failed), sum(h.runs),
       sum(h.time_ms)
  FROM advisorjobs_shares h, advisorjobs_tally_state s WHERE h.grain = 1 AND h.since < s.rolled_until
 GROUP BY 2, 3;

-- What a process says of itself: where it is, and with each heartbeat what it uses.
ALTER TABLE advisorjobs_workers
    ADD COLUMN host text,
    ADD COLUMN pid integer,
    ADD COLUMN version text,
    ADD COLUMN memory bigint,                       -- resident bytes, those of its children too; what they share counts for each
    ADD COLUMN cpu real,                            -- cores in use since the heartbeat before
    ADD COLUMN stopping boolean NOT NULL DEFAULT false;     -- told to stop: it takes nothing more
