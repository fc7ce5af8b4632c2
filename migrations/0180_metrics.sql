-- What counters are read from: totals that only grow. Statistics forget what is older than 90 days, and a job that is retried no longer
-- counts as failed; a counter that fell would look like a great many new runs to whoever takes differences.
--
-- Runs and their durations: rows of advisorjobs_tallies with grain 0 and since 'infinity', of all organizations together. Never forgotten,
-- kept by the statement that folds, so that a run is in them and in the hour's row at the same moment. Their `failed` is not used.

-- Runs that ended in an error, by its code: the same for advisorjobs_error_tallies.
CREATE TABLE advisorjobs_error_totals (
    queue_name text NOT NULL,
    job_name text NOT NULL,
    error_code advisorjobs_error_code NOT NULL,
    failures bigint NOT NULL,
    PRIMARY KEY (queue_name, job_name, error_code)
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- The few that are broken, without reading those that aren't.
CREATE INDEX advisorjobs_schedules_broken_idx ON advisorjobs_schedules (id) WHERE broken IS NOT NULL;
