-- Statistics: what is read from tallies and history, by get_job_tracker() and by the views of tracking_views.sql.
--
-- A range of time is cut into pieces: whole weeks, days, quarters of days and hours (UTC) come from tallies, what is left at its edges from the runs
-- themselves. Every function is STABLE: all of it reads the snapshot of the statement that calls it, so figures are exact at that
-- moment, however much is folded meanwhile.

-- What stands for a histogram (advisorjobs_histogram): mean and percentiles, in milliseconds. A percentile is at most 4.8 % off
-- (advisorjobs_bucket); the maximum is exact. NULLs for an empty one.
CREATE OR REPLACE FUNCTION advisorjobs_durations(
    _histogram numeric, _sum numeric, _max bigint, OUT mean double precision, OUT p50 double precision, OUT p90 double precision,
    OUT p95 double precision, OUT p99 double precision, OUT max bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    -- in ASCII a place is found without reading what is before it
    _digits CONSTANT bytea := convert_to(_histogram::text, 'SQL_ASCII');
    -- as by "casting out nines": what a number leaves is what its digits, ten at a time, come to
    _last CONSTANT bigint := _histogram % 9999999999 - 1;
    _place integer := length(_digits) + 1;
    _seen bigint := 0;
    _part double precision;
    _found double precision[];
BEGIN
    IF _last >= 0 THEN
        FOREACH _part IN ARRAY '{0.5,0.9,0.95,0.99}'::double precision[] LOOP
            WHILE _seen <= _part * _last LOOP
                _place := _place - 10;
                _seen := _seen + encode(substr(_digits, _place, 10), 'escape')::bigint;
            END LOOP;
            _found := _found || least(_max, advisorjobs_bucket_ms((length(_digits) - _place) / 10));
        END LOOP;
        mean := _sum / (_last + 1);
        p50 := _found[1];
        p90 := _found[2];
        p95 := _found[3];
        p99 := _found[4];
        max := _max;
    END IF;
END $$;

-- The pieces of a range. grain: hours of the tallies to read, 0 where runs are to be read. _grains: those that there are, from 1 upward;
-- those above 1 exist up to _rolled. An end that isn't over yet is open: what ended by now is all there is.
DROP FUNCTION IF EXISTS advisorjobs_pieces(timestamptz, timestamptz, timestamptz, integer);
CREATE OR REPLACE FUNCTION advisorjobs_pieces(_start timestamptz, _end timestamptz, _rolled timestamptz, _grains integer[])
RETURNS TABLE (grain integer, lower timestamptz, upper timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _open CONSTANT boolean := coalesce(_end >= clock_timestamp(), true);
    _first CONSTANT timestamptz := advisorjobs_grain_from(1, _start);
    _last CONSTANT timestamptz := CASE WHEN _open THEN 'infinity' ELSE advisorjobs_grain_of(1, _end) END;
    _lower timestamptz := _first;       -- what is left for the next grain
    _upper timestamptz := _last;
    _from timestamptz;
    _until timestamptz;
    _within integer := 1;
    _grain integer;
BEGIN
    IF _first >= _last THEN
        RETURN QUERY VALUES (0, _start, _end);
        RETURN;
    END IF;
    RETURN QUERY SELECT * FROM (VALUES (0, _start, _first), (0, _last, CASE WHEN _open THEN _last ELSE _end END)) AS p(g, l, u) WHERE l < u;
    FOREACH _grain IN ARRAY _grains[2:] LOOP
        _from := advisorjobs_grain_from(_grain, _lower);
        _until := advisorjobs_grain_of(_grain, least(_rolled, _upper));
        EXIT WHEN _from >= _until;      -- then nothing coarser lies within either
        RETURN QUERY SELECT * FROM (VALUES (_within, _lower, _from), (_within, _until, _upper)) AS p(g, l, u) WHERE l < u;
        _lower := _from;
        _upper := _until;
        _within := _grain;
    END LOOP;
    RETURN QUERY VALUES (_within, _lower, _upper);
END $$;

-- The grains that tallies have, up to one. A quarter of a day is worth its row for all organizations together only: most have
-- little in one.
CREATE OR REPLACE FUNCTION advisorjobs_grains(_whole boolean, _coarsest integer) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT array_agg(g ORDER BY g) FROM unnest(ARRAY[1, 6, 24, 168]) AS g WHERE g <= _coarsest AND (g <> 6 OR _whole)
$$;

-- The first hour, quarter of a day, day or week that begins at a moment or after it.
CREATE OR REPLACE FUNCTION advisorjobs_grain_from(_hours integer, _at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN date_bin(make_interval(hours => _hours), _at, '2001-01-01 00:00Z') = _at THEN _at
                ELSE date_bin(make_interval(hours => _hours), _at, '2001-01-01 00:00Z') + make_interval(hours => _hours) END
$$;

-- Tallies of a range, of one organization ('': jobs without one) or (NULL) of all together. Rows of different grains, some for the
-- same hour: to be summed up. since: where the row's hour, day or week begins.
CREATE OR REPLACE FUNCTION advisorjobs_tallied_between(_organization text, _start timestamptz, _end timestamptz, _coarsest integer)
RETURNS SETOF advisorjobs_tallies
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT * FROM advisorjobs_tallied_wholes(_organization, _start, _end, _coarsest)
    UNION ALL
    SELECT * FROM advisorjobs_tallied_runs(_organization, _start, _end)
$$;

-- Of it what is folded: whole hours, quarters of days, days and weeks.
CREATE OR REPLACE FUNCTION advisorjobs_tallied_wholes(_organization text, _start timestamptz, _end timestamptz, _coarsest integer)
RETURNS SETOF advisorjobs_tallies
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT t.* FROM advisorjobs_tally_state s
         CROSS JOIN LATERAL advisorjobs_pieces(
            _start, _end, s.rolled_until, advisorjobs_grains(_organization IS NULL, _coarsest)) p
         CROSS JOIN LATERAL (
            SELECT * FROM advisorjobs_tallies w
             WHERE w.organization_id = coalesce(_organization, '') AND w.whole = (_organization IS NULL)
               AND w.grain = p.grain AND w.since >= p.lower AND w.since < p.upper OFFSET 0) t;
END $$;

-- And what has to be counted for each reader: runs of hours that the range cuts, from the history, and of its whole hours those that
-- aren't folded yet. grain is 0.
DROP FUNCTION IF EXISTS advisorjobs_tallied_runs(text, timestamptz, timestamptz);
CREATE OR REPLACE FUNCTION advisorjobs_tallied_runs(_organization text, _start timestamptz, _end timestamptz)
RETURNS SETOF advisorjobs_tallies
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _piece record;
    _from timestamptz := 'infinity';
    _until timestamptz := '-infinity';
BEGIN
    FOR _piece IN SELECT * FROM advisorjobs_pieces(_start, _end, '-infinity', '{1}') p LOOP
        IF _piece.grain = 0 THEN
            RETURN QUERY SELECT * FROM advisorjobs_tallied_history(_organization, _piece.lower, _piece.upper);
        ELSE
            _from := _piece.lower;
            _until := _piece.upper;
        END IF;
    END LOOP;
    RETURN QUERY
        SELECT coalesce(_organization, ''), _organization IS NULL, 0::smallint, u.hour, u.queue_name, u.job_name, u.completed,
               u.failed, u.cancelled, u.runs, u.retried, u.timed_out, u.crashed, u.snoozed, u.released, u.waits, u.wait_sum::bigint,
               u.wait_max::bigint, u.times, u.time_sum::bigint, u.time_max::bigint
          FROM advisorjobs_unfolded_tallies u
         WHERE (_organization IS NULL OR u.organization_id = _organization) AND u.hour >= _from AND u.hour < _until;
END $$;

-- The runs of less than an hour: a row per way in which the runs of a queue and job ended.
CREATE OR REPLACE FUNCTION advisorjobs_tallied_history(_organization text, _from timestamptz, _until timestamptz)
RETURNS SETOF advisorjobs_tallies
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = on SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT coalesce(_organization, ''), _organization IS NULL, 0::smallint, advisorjobs_grain_of(1, _from), w.queue_name, w.job_name,
               CASE WHEN w.status = 'completed' THEN w.n ELSE 0 END,
               CASE WHEN w.final AND w.status IN ('failed', 'timed_out', 'crashed') THEN w.n ELSE 0 END,
               CASE WHEN w.status = 'cancelled' THEN w.n ELSE 0 END,
               CASE WHEN w.is_run THEN w.n ELSE 0 END,
               CASE WHEN NOT w.final AND w.status IN ('failed', 'retrying', 'timed_out', 'crashed') THEN w.n ELSE 0 END,
               CASE WHEN w.status = 'timed_out' THEN w.n ELSE 0 END,
               CASE WHEN w.status = 'crashed' THEN w.n ELSE 0 END,
               CASE WHEN w.status = 'snoozed' THEN w.n ELSE 0 END,
               CASE WHEN w.status = 'released' THEN w.n ELSE 0 END,
               CASE WHEN w.is_run THEN coalesce(w.waits, 0) ELSE 0 END,
               CASE WHEN w.is_run THEN coalesce(w.wait_sum, 0) ELSE 0 END::bigint,
               CASE WHEN w.is_run THEN coalesce(w.wait_max, 0) ELSE 0 END,
               CASE WHEN w.is_run THEN coalesce(w.times, 0) ELSE 0 END,
               CASE WHEN w.is_run THEN coalesce(w.time_sum, 0) ELSE 0 END,
               CASE WHEN w.is_run THEN coalesce(w.time_max, 0) ELSE 0 END::bigint
          FROM (SELECT r.queue_name, r.job_name, r.status, r.final, r.status NOT IN ('snoozed', 'released') AS is_run, count(*) AS n,
                       sum(advisorjobs_histogram(r.wait_ms)) AS waits, sum(r.wait_ms) AS wait_sum, max(r.wait_ms) AS wait_max,
                       sum(advisorjobs_histogram(r.run_ms)) AS times, sum(r.run_ms) AS time_sum, max(r.run_ms) AS time_max
                  FROM (SELECT h.queue_name, h.job_name, h.status, h.final, h.run_ms,
                               advisorjobs_wait_ms(h.queued_at, h.started_at) AS wait_ms
                          FROM advisorjobs_runs h
                         WHERE h.finished_at >= _from AND h.finished_at < _until
                           AND (_organization IS NULL OR h.organization_id || '' = nullif(_organization, '')
                                OR _organization = '' AND h.organization_id IS NULL) OFFSET 0) r    -- waits are computed once so
                 GROUP BY r.queue_name, r.job_name, r.status, r.final) w;
END $$;

-- By queue and job, and (both NULL) in total. Rates are shares of the jobs that completed or failed. _runs: what advisorjobs_tallied_runs
-- gives for the range, of whoever needs that more than once; _by_job false: nothing but the total, as percentiles take time.
DROP FUNCTION IF EXISTS advisorjobs_job_statistics(text, timestamptz, timestamptz);
DROP FUNCTION IF EXISTS advisorjobs_job_statistics(text, timestamptz, timestamptz, advisorjobs_tallies[]);
CREATE OR REPLACE FUNCTION advisorjobs_job_statistics(
    _organization text, _start timestamptz, _end timestamptz, _runs advisorjobs_tallies[] DEFAULT NULL,
    _by_job boolean DEFAULT true)
RETURNS TABLE (
    queue text, job_name text, completed bigint, failed bigint, cancelled bigint, success_rate double precision, runs bigint,
    retried bigint, timed_out bigint, crashed bigint, snoozed bigint, released bigint,
    wait_mean_ms double precision, wait_p50_ms double precision, wait_p90_ms double precision, wait_p95_ms double precision,
    wait_p99_ms double precision, wait_max_ms bigint,
    run_mean_ms double precision, run_p50_ms double precision, run_p90_ms double precision, run_p95_ms double precision,
    run_p99_ms double precision, run_max_ms bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH by_job AS MATERIALIZED (
            SELECT t.queue_name, t.job_name, sum(t.completed) AS completed, sum(t.failed) AS failed, sum(t.cancelled) AS cancelled,
                   sum(t.runs) AS runs, sum(t.retried) AS retried, sum(t.timed_out) AS timed_out, sum(t.crashed) AS crashed,
                   sum(t.snoozed) AS snoozed, sum(t.released) AS released, sum(t.waits) AS waits,
                   sum(t.wait_sum) AS wait_sum, max(t.wait_max) AS wait_max, sum(t.times) AS times, sum(t.time_sum) AS time_sum,
                   max(t.time_max) AS time_max
              FROM (SELECT * FROM advisorjobs_tallied_wholes(_organization, _start, _end, 168)
                    UNION ALL
                    SELECT * FROM unnest(coalesce(
                        _runs, ARRAY(SELECT r FROM advisorjobs_tallied_runs(_organization, _start, _end) r)))) t
             GROUP BY t.queue_name, t.job_name)
        SELECT s.queue_name, s.job_name, s.completed::bigint, s.failed::bigint, s.cancelled::bigint,
               advisorjobs_share(s.completed::bigint, s.failed::bigint), s.runs::bigint, s.retried::bigint, s.timed_out::bigint,
               s.crashed::bigint, s.snoozed::bigint, s.released::bigint, w.*, r.*
          FROM (SELECT * FROM by_job WHERE _by_job
                UNION ALL
                SELECT NULL, NULL, coalesce(sum(j.completed), 0), coalesce(sum(j.failed), 0), coalesce(sum(j.cancelled), 0),
                       coalesce(sum(j.runs), 0), coalesce(sum(j.retried), 0), coalesce(sum(j.timed_out), 0),
                       coalesce(sum(j.crashed), 0), coalesce(sum(j.snoozed), 0), coalesce(sum(j.released), 0),
                       sum(j.waits), sum(j.wait_sum), max(j.wait_max), sum(j.times), sum(j.time_sum), max(j.time_max)
                  FROM by_job j) s
         CROSS JOIN LATERAL advisorjobs_durations(s.waits, s.wait_sum, s.wait_max) w
         CROSS JOIN LATERAL advisorjobs_durations(s.times, s.time_sum, s.time_max) r
         ORDER BY s.queue_name, s.job_name;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_share(_part bigint, _other bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT _part::double precision / nullif(_part + _other, 0)
$$;

-- Over time: a row for each bucket of _hours (1 or 24), also for empty ones. _runs as for advisorjobs_job_statistics. Days and weeks are
-- asked for counts only: histograms are most of their rows.
DROP FUNCTION IF EXISTS advisorjobs_throughput(text, timestamptz, timestamptz, integer);
CREATE OR REPLACE FUNCTION advisorjobs_throughput(
    _organization text, _start timestamptz, _end timestamptz, _hours integer, _runs advisorjobs_tallies[])
RETURNS TABLE (
    since timestamptz, completed bigint, failed bigint, cancelled bigint, failure_rate double precision, runs bigint,
    wait_max_ms bigint, run_max_ms bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT t.bin, sum(t.completed)::bigint, sum(t.failed)::bigint, sum(t.cancelled)::bigint,
               advisorjobs_share(sum(t.failed)::bigint, sum(t.completed)::bigint), sum(t.runs)::bigint,
               CASE WHEN sum(t.runs) > 0 THEN max(t.wait_max) END, CASE WHEN sum(t.runs) > 0 THEN max(t.time_max) END
          FROM (SELECT advisorjobs_grain_of(_hours, w.since) AS bin, w.completed, w.failed, w.cancelled, w.runs, w.wait_max,
                       w.time_max
                  FROM advisorjobs_tally_state s
                 CROSS JOIN LATERAL advisorjobs_pieces(
                    _start, _end, s.rolled_until, advisorjobs_grains(_organization IS NULL, _hours)) p
                 CROSS JOIN LATERAL (
                    SELECT a.since, a.completed, a.failed, a.cancelled, a.runs, a.wait_max, a.time_max FROM advisorjobs_tallies a
                     WHERE a.organization_id = coalesce(_organization, '') AND a.whole = (_organization IS NULL)
                       AND a.grain = p.grain AND a.since >= p.lower AND a.since < p.upper OFFSET 0) w
                UNION ALL
                SELECT advisorjobs_grain_of(_hours, l.since), l.completed, l.failed, l.cancelled, l.runs, l.wait_max, l.time_max
                  FROM unnest(_runs) l
                UNION ALL
                SELECT g, 0, 0, 0, 0, 0, 0
                  FROM generate_series(advisorjobs_grain_of(_hours, _start),
                                       least(_end - interval '1 microsecond', clock_timestamp()),
                                       make_interval(hours => _hours)) AS g) t
         GROUP BY t.bin
         ORDER BY t.bin;
END $$;
