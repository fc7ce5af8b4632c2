-- Histograms of durations become numbers, which sum() adds up (functions/tallies.sql). They were arrays with an element per bucket that
-- isn't empty: bucket * 2^40 + count.

-- First, as a lock that can't be had makes all of this begin anew.
LOCK TABLE advisorjobs_tallies, advisorjobs_worker_tallies;

-- What reads them is made anew with the functions. Views that users may have been granted stay, empty until then.
DO $$
DECLARE
    _view record;
BEGIN
    FOR _view IN
        SELECT c.relname, string_agg(format('NULL::%s AS %I', format_type(a.atttypid, a.atttypmod), a.attname), ', ' ORDER BY a.attnum)
                          AS columns
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE c.oid IN (to_regclass('queue_latency'), to_regclass('organization_stats'))
         GROUP BY c.relname LOOP
        EXECUTE format('CREATE OR REPLACE VIEW %I AS SELECT %s WHERE false', _view.relname, _view.columns);
    END LOOP;
END $$;
DROP VIEW IF EXISTS advisorjobs_unfolded_tallies, advisorjobs_unfolded_workers;
DROP AGGREGATE IF EXISTS advisorjobs_merge(bigint[]);
DROP FUNCTION IF EXISTS advisorjobs_one_histogram(bigint[]), advisorjobs_durations(bigint[], numeric, bigint);

CREATE FUNCTION advisorjobs_as_number(_entries bigint[]) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT sum(((e & 1099511627775)::text || 'e' || (e >> 40) * 10)::numeric) FROM unnest(_entries) AS e
$$;
ALTER TABLE advisorjobs_tallies
    ALTER waits TYPE numeric USING CASE cardinality(waits) WHEN 0 THEN 0
        WHEN 1 THEN ((waits[1] & 1099511627775)::text || 'e' || (waits[1] >> 40) * 10)::numeric ELSE advisorjobs_as_number(waits) END,
    ALTER times TYPE numeric USING CASE cardinality(times) WHEN 0 THEN 0
        WHEN 1 THEN ((times[1] & 1099511627775)::text || 'e' || (times[1] >> 40) * 10)::numeric ELSE advisorjobs_as_number(times) END;
ALTER TABLE advisorjobs_worker_tallies ALTER times TYPE numeric USING coalesce(advisorjobs_as_number(times), 0);
DROP FUNCTION advisorjobs_as_number(bigint[]);
