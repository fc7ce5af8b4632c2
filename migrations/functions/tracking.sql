-- Statistics: what is read from tallies and history, by get_job_tracker() and by the views of tracking_views.sql.
--
-- A range of time is cut into pieces: whole weeks, days and hours (UTC) come from tallies, what is left at its edges from the runs
-- themselves. Every function is STABLE: all of it reads the snapshot of the statement that calls it, so figures are exact at that
-- moment, however much is folded meanwhile.

-- What stands for a histogram: mean and percentiles, in milliseconds. A percentile is at most 4.8 % off (advisorjobs_bucket); the
-- maximum is exact. NULLs for an empty one.
CREATE OR REPLACE FUNCTION advisorjobs_durations(
    _histogram bigint[], _sum numeric, _max bigint, OUT mean double precision, OUT p50 double precision, OUT p90 double precision,
    OUT p95 double precision, OUT p99 double precision, OUT max bigint)
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    _parts CONSTANT double precision[] := '{0.5,0.9,0.95,0.99}';
    _found double precision[] := '{}';
    _total bigint := (SELECT sum(e & 1099511627775) FROM unnest(_histogram) AS e);
    _seen bigint := 0;
    _entry bigint;
BEGIN
    IF _total > 0 THEN
        FOREACH _entry IN ARRAY _histogram LOOP
            _seen := _seen + (_entry & 1099511627775);
            WHILE cardinality(_found) < 4 AND _seen > _parts[cardinality(_found) + 1] * (_total - 1) LOOP
                _found := _found || CASE WHEN _entry >> 40 = 0 THEN 0
                                         ELSE least(_max, 2 * 1.1 ^ ((_entry >> 40) - 1)::double precision / 2.1) END;
            END LOOP;
        END LOOP;
        mean := _sum / _total;
        p50 := _found[1];
        p90 := _found[2];
        p95 := _found[3];
        p99 := _found[4];
        max := _max;
    END IF;
END $$;

-- The pieces of a range. grain: hours of the tallies to read, 0 where runs are to be read. _coarsest: 1, 24 or 168. Days and weeks
-- exist up to _rolled. An end that isn't over yet is open: what ended by now is all there is.
CREATE OR REPLACE FUNCTION advisorjobs_pieces(_start timestamptz, _end timestamptz, _rolled timestamptz, _coarsest integer)
RETURNS TABLE (grain integer, lower timestamptz, upper timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _open CONSTANT boolean := coalesce(_end >= clock_timestamp(), true);
    _h0 timestamptz := advisorjobs_grain_from(1, _start);
    _h1 timestamptz := CASE WHEN _open THEN 'infinity' ELSE advisorjobs_grain_of(1, _end) END;
    _d0 timestamptz := advisorjobs_grain_from(24, _h0);
    _d1 timestamptz := CASE WHEN _open THEN _rolled ELSE least(_rolled, advisorjobs_grain_of(24, _h1)) END;
    _w0 timestamptz := advisorjobs_grain_from(168, _d0);
    _w1 timestamptz := advisorjobs_grain_of(168, _d1);
BEGIN
    IF _h0 >= _h1 THEN
        RETURN QUERY VALUES (0, _start, _end);
        RETURN;
    END IF;
    IF _coarsest < 24 OR _d0 >= _d1 THEN
        _d0 := _h1;
        _d1 := _h1;
    END IF;
    IF _coarsest < 168 OR _w0 >= _w1 OR _d0 >= _d1 THEN
        _w0 := _d1;
        _w1 := _d1;
    END IF;
    RETURN QUERY
        SELECT * FROM (VALUES (0, _start, _h0), (1, _h0, _d0), (24, _d0, _w0), (168, _w0, _w1), (24, _w1, _d1), (1, _d1, _h1),
                              (0, _h1, CASE WHEN _open THEN _h1 ELSE _end END)) AS p(grain, lower, upper)
         WHERE p.lower < p.upper;
END $$;

-- The first hour, day or week that begins at a moment or after it.
CREATE OR REPLACE FUNCTION advisorjobs_grain_from(_hours integer, _at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN date_bin(make_interval(hours => _hours), _at, '2001-01-01 00:00Z') = _at THEN _at
                ELSE date_bin(make_interval(hours => _hours), _at, '2001-01-01 00:00Z') + make_interval(hours => _hours) END
$$;

-- Tallies of a range, of one organization ('': jobs without one) or (NULL) of all together. Rows of different grains, some for the
-- same hour: to be summed up. since: where the row's hour, day or week begins.
CREATE OR REPLACE FUNCTION advisorjobs_tallied(_organization text, _start timestamptz, _end timestamptz, _coarsest integer)
RETURNS TABLE (
    since timestamptz, queue_name text, job_name text, completed bigint, failed bigint, cancelled bigint, runs bigint,
    retried bigint, timed_out bigint, crashed bigint, snoozed bigint, released bigint, waits bigint[], wait_sum bigint,
    wait_max bigint, times bigint[], time_sum bigint, time_max bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _rolled timestamptz := (SELECT rolled_until FROM advisorjobs_tally_state);
    _piece record;
    _from timestamptz := 'infinity';
    _until timestamptz := '-infinity';
BEGIN
    FOR _piece IN SELECT * FROM advisorjobs_pieces(_start, _end, _rolled, _coarsest) p LOOP
        IF _piece.grain = 0 THEN
            RETURN QUERY SELECT * FROM advisorjobs_tallied_runs(_organization, _piece.lower, _piece.upper);
        ELSE
            _from := least(_from, _piece.lower);
            _until := greatest(_until, _piece.upper);
            RETURN QUERY
                SELECT t.since, t.queue_name, t.job_name, t.completed, t.failed, t.cancelled, t.runs, t.retried, t.timed_out,
                       t.crashed, t.snoozed, t.released, t.waits, t.wait_sum, t.wait_max, t.times, t.time_sum, t.time_max
                  FROM advisorjobs_tallies t
                 WHERE t.organization_id = coalesce(_organization, '') AND t.whole = (_organization IS NULL)
                   AND t.grain = _piece.grain AND t.since >= _piece.lower AND t.since < _piece.upper;
        END IF;
    END LOOP;
    RETURN QUERY
        SELECT u.hour, u.queue_name, u.job_name, u.completed, u.failed, u.cancelled, u.runs, u.retried, u.timed_out, u.crashed,
               u.snoozed, u.released, u.waits, u.wait_sum::bigint, u.wait_max::bigint, u.times, u.time_sum::bigint,
               u.time_max::bigint
          FROM advisorjobs_unfolded_tallies u
         WHERE (_organization IS NULL OR u.organization_id = _organization) AND u.hour >= _from AND u.hour < _until;
END $$;

-- The runs of less than an hour as tallies, read from the history by their time.
CREATE OR REPLACE FUNCTION advisorjobs_tallied_runs(_organization text, _from timestamptz, _until timestamptz)
RETURNS TABLE (
    since timestamptz, queue_name text, job_name text, completed bigint, failed bigint, cancelled bigint, runs bigint,
    retried bigint, timed_out bigint, crashed bigint, snoozed bigint, released bigint, waits bigint[], wait_sum bigint,
    wait_max bigint, times bigint[], time_sum bigint, time_max bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT advisorjobs_grain_of(1, _from), b.queue_name, b.job_name,
               count(*) FILTER (WHERE b.status = 'completed'),
               count(*) FILTER (WHERE b.final AND b.status IN ('failed', 'timed_out', 'crashed')),
               count(*) FILTER (WHERE b.status = 'cancelled'),
               count(*) FILTER (WHERE b.status NOT IN ('snoozed', 'released')),
               count(*) FILTER (WHERE NOT b.final AND b.status IN ('failed', 'retrying', 'timed_out', 'crashed')),
               count(*) FILTER (WHERE b.status = 'timed_out'), count(*) FILTER (WHERE b.status = 'crashed'),
               count(*) FILTER (WHERE b.status = 'snoozed'), count(*) FILTER (WHERE b.status = 'released'),
               CASE WHEN b.wait_bucket IS NULL THEN '{}' ELSE ARRAY[(b.wait_bucket << 40) + count(*)] END,
               coalesce(sum(b.wait_ms) FILTER (WHERE b.wait_bucket IS NOT NULL), 0)::bigint,
               coalesce(max(b.wait_ms) FILTER (WHERE b.wait_bucket IS NOT NULL), 0)::bigint,
               CASE WHEN b.time_bucket IS NULL THEN '{}' ELSE ARRAY[(b.time_bucket << 40) + count(*)] END,
               coalesce(sum(b.run_ms) FILTER (WHERE b.time_bucket IS NOT NULL), 0)::bigint,
               coalesce(max(b.run_ms) FILTER (WHERE b.time_bucket IS NOT NULL), 0)::bigint
          FROM (SELECT r.*, CASE WHEN r.status NOT IN ('snoozed', 'released') THEN advisorjobs_bucket(r.wait_ms) END AS wait_bucket,
                       CASE WHEN r.status NOT IN ('snoozed', 'released') THEN advisorjobs_bucket(r.run_ms) END AS time_bucket
                  FROM (SELECT h.queue_name, h.job_name, h.status, h.final, h.run_ms,
                               advisorjobs_wait_ms(h.queued_at, h.started_at) AS wait_ms
                          FROM advisorjobs_runs h
                         WHERE h.finished_at >= _from AND h.finished_at < _until
                           AND (_organization IS NULL OR h.organization_id = nullif(_organization, '')
                                OR _organization = '' AND h.organization_id IS NULL)) r) b
         GROUP BY b.queue_name, b.job_name, b.wait_bucket, b.time_bucket;
END $$;

-- By queue and job, and (both NULL) in total. Rates are shares of the jobs that completed or failed.
CREATE OR REPLACE FUNCTION advisorjobs_job_statistics(_organization text, _start timestamptz, _end timestamptz)
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
        SELECT s.queue_name, s.job_name, s.completed, s.failed, s.cancelled, advisorjobs_share(s.completed, s.failed), s.runs,
               s.retried, s.timed_out, s.crashed, s.snoozed, s.released, w.*, r.*
          FROM (SELECT t.queue_name, t.job_name, coalesce(sum(t.completed), 0)::bigint AS completed,
                       coalesce(sum(t.failed), 0)::bigint AS failed, coalesce(sum(t.cancelled), 0)::bigint AS cancelled,
                       coalesce(sum(t.runs), 0)::bigint AS runs, coalesce(sum(t.retried), 0)::bigint AS retried,
                       coalesce(sum(t.timed_out), 0)::bigint AS timed_out, coalesce(sum(t.crashed), 0)::bigint AS crashed,
                       coalesce(sum(t.snoozed), 0)::bigint AS snoozed, coalesce(sum(t.released), 0)::bigint AS released,
                       advisorjobs_merge(t.waits) AS waits, sum(t.wait_sum) AS wait_sum, max(t.wait_max) AS wait_max,
                       advisorjobs_merge(t.times) AS times, sum(t.time_sum) AS time_sum, max(t.time_max) AS time_max
                  FROM advisorjobs_tallied(_organization, _start, _end, 168) t
                 GROUP BY GROUPING SETS ((t.queue_name, t.job_name), ())) s
         CROSS JOIN LATERAL advisorjobs_durations(s.waits, s.wait_sum, s.wait_max) w
         CROSS JOIN LATERAL advisorjobs_durations(s.times, s.time_sum, s.time_max) r
         ORDER BY s.queue_name, s.job_name;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_share(_part bigint, _other bigint) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT _part::double precision / nullif(_part + _other, 0)
$$;

-- The same over time: a row for each bucket of _hours (1 or 24), also for empty ones, and (since NULL) one in total.
CREATE OR REPLACE FUNCTION advisorjobs_performance(_organization text, _start timestamptz, _end timestamptz, _hours integer)
RETURNS TABLE (
    since timestamptz, completed bigint, failed bigint, cancelled bigint, failure_rate double precision, runs bigint,
    wait_mean_ms double precision, wait_p50_ms double precision, wait_p90_ms double precision, wait_p95_ms double precision,
    wait_p99_ms double precision, wait_max_ms bigint,
    run_mean_ms double precision, run_p50_ms double precision, run_p90_ms double precision, run_p95_ms double precision,
    run_p99_ms double precision, run_max_ms bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT s.bin, s.completed, s.failed, s.cancelled, advisorjobs_share(s.failed, s.completed), s.runs, w.*, r.*
          FROM (SELECT t.bin, coalesce(sum(t.completed), 0)::bigint AS completed, coalesce(sum(t.failed), 0)::bigint AS failed,
                       coalesce(sum(t.cancelled), 0)::bigint AS cancelled, coalesce(sum(t.runs), 0)::bigint AS runs,
                       advisorjobs_merge(t.waits) AS waits, sum(t.wait_sum) AS wait_sum, max(t.wait_max) AS wait_max,
                       advisorjobs_merge(t.times) AS times, sum(t.time_sum) AS time_sum, max(t.time_max) AS time_max
                  FROM (SELECT advisorjobs_grain_of(_hours, t.since) AS bin, t.completed, t.failed, t.cancelled, t.runs, t.waits,
                               t.wait_sum, t.wait_max, t.times, t.time_sum, t.time_max
                          FROM advisorjobs_tallied(_organization, _start, _end, _hours) t
                        UNION ALL
                        SELECT g, 0, 0, 0, 0, NULL, 0, 0, NULL, 0, 0
                          FROM generate_series(advisorjobs_grain_of(_hours, _start),
                                               least(_end - interval '1 microsecond', clock_timestamp()),
                                               make_interval(hours => _hours)) AS g) t
                 GROUP BY GROUPING SETS ((t.bin), ())) s
         CROSS JOIN LATERAL advisorjobs_durations(s.waits, s.wait_sum, s.wait_max) w
         CROSS JOIN LATERAL advisorjobs_durations(s.times, s.time_sum, s.time_max) r
         ORDER BY s.bin;
END $$;
