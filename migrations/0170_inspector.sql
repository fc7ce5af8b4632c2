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

-- How much of the work was each organization's ('': of none), by hour (a day of them) and by day of UTC (a month):
-- advisorjobs_tallies without names and histograms, so that a month of five thousand organizations is read in no time.
CREATE TABLE advisorjobs_shares (
    grain smallint NOT NULL,            -- hours: 1 or 24
    since timestamptz NOT NULL,
    organization_id text NOT NULL,
    completed bigint NOT NULL,
    failed bigint NOT NULL,
    runs bigint NOT NULL,
    time_ms bigint NOT NULL,
    PRIMARY KEY (grain, since, organization_id)
) WITH (fillfactor = 70, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);

-- What is folded already: hours, and days (of a day that isn't over there are only hours).
INSERT INTO advisorjobs_shares
SELECT g.hours, date_bin(make_interval(hours => g.hours), t.since, '2001-01-01 00:00Z') AS since, t.organization_id,
       sum(t.completed), sum(t.failed), sum(t.runs), sum(t.time_sum)
  FROM advisorjobs_tallies t CROSS JOIN (VALUES (1), (24)) AS g(hours)
 WHERE NOT t.whole AND t.grain = 1 AND t.since >= now() - CASE g.hours WHEN 1 THEN interval '26 hours' ELSE interval '32 days' END
 GROUP BY 1, 2, 3;

-- What a process says of itself: where it is, and with each heartbeat what it uses.
ALTER TABLE advisorjobs_workers
    ADD COLUMN host text,
    ADD COLUMN pid integer,
    ADD COLUMN version text,
    ADD COLUMN memory bigint,                       -- resident bytes, those of its children too; what they share counts for each
    ADD COLUMN cpu real,                            -- cores in use since the heartbeat before
    ADD COLUMN stopping boolean NOT NULL DEFAULT false;     -- told to stop: it takes nothing more
