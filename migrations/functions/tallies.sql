-- Tallies of ended runs: how they are kept. The tables: migrations/0080_tracking.sql; what is read from them: tracking.sql.

-- The bucket of a duration: 0 for 0 ms, k + 1 for durations in (1.1^(k-1), 1.1^k]. What stands for a bucket is 2 * 1.1^k / 2.1, at
-- most (1.1 - 1) / (1.1 + 1) = 4.8 % away from any duration in it. Without SET, so that the planner can inline it.
-- After C. Masson, J. E. Rim, H. K. Lee: DDSketch, a fast and fully-mergeable quantile sketch with relative-error guarantees, VLDB 2019.
CREATE OR REPLACE FUNCTION advisorjobs_bucket(_ms bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN _ms <= 0 THEN 0 ELSE 1 + ceil(ln(_ms::double precision) / 0.09531017980432486 - 1e-9)::bigint END
$$;

CREATE OR REPLACE FUNCTION advisorjobs_bucket_ms(_bucket integer) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN _bucket = 0 THEN 0 ELSE 2 * 1.1 ^ (_bucket - 1)::double precision / 2.1 END
$$;

-- How long a run waited, in whole milliseconds.
CREATE OR REPLACE FUNCTION advisorjobs_wait_ms(_queued_at timestamptz, _started_at timestamptz) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN _started_at < _queued_at THEN 0 ELSE (date_part('epoch', _started_at - _queued_at) * 1000)::bigint END
$$;

-- The hour, day or week (of so many hours) that a moment is in.
CREATE OR REPLACE FUNCTION advisorjobs_grain_of(_hours integer, _at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_bin(make_interval(hours => _hours), _at, '2001-01-01 00:00Z')
$$;

-- A histogram is a number: ten decimal digits for each bucket, the lowest bucket's last. So sum() adds histograms up, bucket by bucket, in
-- less than a microsecond each; below ten thousand million runs nothing is carried from a bucket into the next. This is one of one duration.
CREATE OR REPLACE FUNCTION advisorjobs_histogram(_ms bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT ('1e' || (10 * advisorjobs_bucket(_ms))::text)::numeric
$$;

-- Which failures are alike. Of an error its type, place and message without data, as the worker says; of what has none (a worker's
-- death, say) the job, the code and the message, which is ours. NULL: the run is no failure.
CREATE OR REPLACE FUNCTION advisorjobs_fingerprint(
    _given text, _status advisorjobs_run_status, _code advisorjobs_error_code, _job text, _message text)
RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN _code IS NOT NULL AND _status IN ('failed', 'retrying', 'timed_out', 'crashed')
                THEN coalesce(_given, left(md5(concat_ws(' ', _job, _code, _message)), 16)) END
$$;

-- Rows of ended runs that are not folded. Those of a transaction that had ended when was folded last are, all of them.
-- A snapshot from the future is another server's, from before a restore: then all are looked at. Folding sets fold_before, for its
-- own transaction, where there are more rows than it should take at a time.
CREATE OR REPLACE VIEW advisorjobs_unfolded AS
    SELECT e.* FROM advisorjobs_tally_state s
     CROSS JOIN LATERAL (
        SELECT CASE WHEN pg_snapshot_xmax(s.folded) <= pg_snapshot_xmax(pg_current_snapshot()) THEN s.folded
                    ELSE '1:1:'::pg_snapshot END AS folded) k
     CROSS JOIN LATERAL (
        SELECT n.ctid AS place, n.* FROM advisorjobs_ended n WHERE n.writer >= pg_snapshot_xmax(k.folded)
        UNION ALL
        SELECT o.ctid, o.* FROM pg_snapshot_xip(k.folded) AS x(writer) JOIN advisorjobs_ended o ON o.writer = x.writer) e
     WHERE CASE WHEN current_setting('advisorjobs.fold_before', true) <> ''
                THEN e.place < current_setting('advisorjobs.fold_before', true)::tid ELSE true END;

-- Their runs, one by one. OFFSET 0 keeps the planner from reading the history otherwise than batch by batch; that completed runs have
-- no fingerprint is said in so many words, so that who asks for failures doesn't read them.
CREATE OR REPLACE VIEW advisorjobs_unfolded_runs AS
    SELECT coalesce(h.organization_id, '') AS organization_id, h.queue_name, h.job_name, e.finished_at, false AS taken_back, h.status,
           h.final, h.worker_id, advisorjobs_wait_ms(h.queued_at, h.started_at) AS wait_ms, h.run_ms,
           NULL::advisorjobs_error_code AS error_code, NULL::text AS fingerprint, h.job_id, h.run_no
      FROM advisorjobs_unfolded e
     CROSS JOIN LATERAL (
        SELECT * FROM advisorjobs_runs r
         WHERE r.finished_at = e.finished_at AND r.job_id = ANY (e.completed) AND r.status = 'completed' OFFSET 0) h
     WHERE e.completed IS NOT NULL
       AND (current_user <> 'advisorjobs_tenant' OR h.organization_id = advisorjobs_organization())
    UNION ALL
    SELECT coalesce(r.organization_id, ''), e.queue_name, e.job_name, e.finished_at, e.taken_back, r.status, r.final, r.worker_id,
           advisorjobs_wait_ms(r.queued_at, r.started_at), r.run_ms, r.error_code, r.fingerprint, r.job_id, r.run_no
      FROM advisorjobs_unfolded e
     CROSS JOIN LATERAL unnest(
        e.organizations, e.queued_at, e.started_at, e.run_ms, e.statuses, e.finals, e.worker_ids, e.error_codes, e.fingerprints,
        e.job_ids, e.run_nos)
        AS r(organization_id, queued_at, started_at, run_ms, status, final, worker_id, error_code, fingerprint, job_id, run_no)
     WHERE e.completed IS NULL
       AND (current_user <> 'advisorjobs_tenant' OR r.organization_id = advisorjobs_organization());

-- The same as tallies.
CREATE OR REPLACE VIEW advisorjobs_unfolded_tallies AS
    SELECT organization_id, queue_name, job_name, advisorjobs_grain_of(1, finished_at) AS hour,
           count(*) FILTER (WHERE status = 'completed') AS completed,
           count(*) FILTER (WHERE final AND status IN ('failed', 'timed_out', 'crashed')) - count(*) FILTER (WHERE taken_back) AS failed,
           count(*) FILTER (WHERE status = 'cancelled') AS cancelled, count(*) FILTER (WHERE is_run) AS runs,
           count(*) FILTER (WHERE NOT final AND status IN ('failed', 'retrying', 'timed_out', 'crashed')) AS retried,
           count(*) FILTER (WHERE status = 'timed_out') AS timed_out, count(*) FILTER (WHERE status = 'crashed') AS crashed,
           count(*) FILTER (WHERE status = 'snoozed') AS snoozed, count(*) FILTER (WHERE status = 'released') AS released,
           coalesce(sum(advisorjobs_histogram(wait_ms)) FILTER (WHERE is_run), 0) AS waits,
           coalesce(sum(wait_ms) FILTER (WHERE is_run), 0) AS wait_sum, coalesce(max(wait_ms) FILTER (WHERE is_run), 0) AS wait_max,
           coalesce(sum(advisorjobs_histogram(run_ms)) FILTER (WHERE is_run), 0) AS times,
           coalesce(sum(run_ms) FILTER (WHERE is_run), 0) AS time_sum, coalesce(max(run_ms) FILTER (WHERE is_run), 0) AS time_max
      FROM (SELECT *, status NOT IN ('snoozed', 'released') AS is_run FROM advisorjobs_unfolded_runs) r
     GROUP BY organization_id, queue_name, job_name, advisorjobs_grain_of(1, finished_at);

-- Their failures, as rows of advisorjobs_error_tallies.
CREATE OR REPLACE VIEW advisorjobs_unfolded_failures AS
    SELECT organization_id, false AS whole, 1::smallint AS grain, advisorjobs_grain_of(1, finished_at) AS since, queue_name, job_name,
           error_code, fingerprint, count(*) AS failures, min(finished_at) AS first_seen, max(finished_at) AS last_seen,
           (array_agg(job_id ORDER BY finished_at DESC, job_id DESC))[1] AS job_id,
           (array_agg(run_no ORDER BY finished_at DESC, job_id DESC))[1] AS run_no
      FROM advisorjobs_unfolded_runs
     WHERE fingerprint IS NOT NULL
     GROUP BY organization_id, advisorjobs_grain_of(1, finished_at), queue_name, job_name, error_code, fingerprint;

-- The same by worker and queue.
CREATE OR REPLACE VIEW advisorjobs_unfolded_workers AS
    SELECT worker_id, queue_name, count(*) AS runs, count(*) FILTER (WHERE status = 'completed') AS completed, count(fingerprint) AS failures,
           coalesce(sum(advisorjobs_histogram(run_ms)), 0) AS times, coalesce(sum(run_ms), 0) AS time_sum,
           coalesce(max(run_ms), 0)::bigint AS time_max, max(finished_at) AS last_run_at
      FROM advisorjobs_unfolded_runs
     WHERE worker_id IS NOT NULL AND status NOT IN ('snoozed', 'released')
     GROUP BY worker_id, queue_name;

-- Folds what ended into the tallies, once there are _least runs or one has waited for ten seconds; returns how many there were. Called
-- by each worker once a second; one at a time does something. One statement, so that all of it sees the same rows: what it deletes is what it
-- counts, and a reader sees each run in one place.
CREATE OR REPLACE FUNCTION advisorjobs_fold_tallies(_least integer) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _rolled timestamptz;
    _oldest timestamptz;
    _runs integer;
    _bound tid;
BEGIN
    PERFORM set_config('advisorjobs.fold_before', '', true);
    IF NOT pg_try_advisory_xact_lock(hashtextextended('advisorjobs_fold_tallies', 0)) THEN
        RETURN 0;
    END IF;
    SELECT rolled_until INTO _rolled FROM advisorjobs_tally_state;
    FOR _ IN 1 .. 4 LOOP    -- at most a day at a time, where nobody has worked for long
        EXIT WHEN _rolled >= advisorjobs_grain_of(6, now());
        _rolled := advisorjobs_roll(_rolled);
    END LOOP;
    SELECT min(finished_at), sum(runs) INTO _oldest, _runs FROM advisorjobs_unfolded;
    IF _runs IS NULL OR _runs < _least AND _oldest > clock_timestamp() - interval '10 s' THEN
        RETURN 0;
    END IF;
    SELECT place INTO _bound FROM advisorjobs_unfolded ORDER BY place OFFSET 1000 LIMIT 1;
    PERFORM set_config('advisorjobs.fold_before', coalesce(_bound::text, ''), true);
    WITH gone AS (
        DELETE FROM advisorjobs_ended WHERE ctid = ANY (ARRAY(SELECT place FROM advisorjobs_unfolded))),
    seen AS (
        UPDATE advisorjobs_tally_state SET folded = pg_current_snapshot() WHERE _bound IS NULL),
    ended AS MATERIALIZED (
        SELECT * FROM advisorjobs_unfolded_tallies),
    shared AS (
        INSERT INTO advisorjobs_shares AS t (grain, since, organization_id, completed, failed, runs, time_ms)
        SELECT g.hours, advisorjobs_grain_of(g.hours, u.hour), u.organization_id, sum(completed), sum(failed), sum(runs), sum(time_sum)
          FROM ended u CROSS JOIN unnest(ARRAY[1, 6, 24, 168]) AS g(hours)
         WHERE u.hour > now() - interval '45 days'
           AND (g.hours = 1 OR advisorjobs_grain_of(g.hours, u.hour) + make_interval(hours => g.hours) <= _rolled)
         GROUP BY 1, 2, 3
            ON CONFLICT (grain, since, organization_id) DO UPDATE
           SET completed = t.completed + excluded.completed, failed = t.failed + excluded.failed, runs = t.runs + excluded.runs,
               time_ms = t.time_ms + excluded.time_ms),
    tallied AS (
        INSERT INTO advisorjobs_tallies AS t
        SELECT CASE WHEN w.whole THEN '' ELSE u.organization_id END, w.whole, g.hours, g.since, u.queue_name, u.job_name,
               sum(completed), sum(failed), sum(cancelled), sum(runs), sum(retried), sum(timed_out), sum(crashed), sum(snoozed),
               sum(released), sum(waits), sum(wait_sum), max(wait_max), sum(times), sum(time_sum), max(time_max)
          FROM ended u
         CROSS JOIN (VALUES (false), (true)) AS w(whole)
         CROSS JOIN LATERAL (
            SELECT hours, advisorjobs_grain_of(hours, u.hour) AS since FROM unnest(ARRAY[1, 6, 24, 168]) AS hours
            UNION ALL SELECT 0, 'infinity') g       -- totals: migrations/0180_metrics.sql
         WHERE g.hours = 1 OR g.hours = 0 AND w.whole OR g.since + make_interval(hours => g.hours) <= _rolled AND (g.hours <> 6 OR w.whole)
         GROUP BY 1, 2, 3, 4, 5, 6
            ON CONFLICT (organization_id, whole, grain, since, queue_name, job_name) DO UPDATE
           SET completed = t.completed + excluded.completed, failed = t.failed + excluded.failed,
               cancelled = t.cancelled + excluded.cancelled, runs = t.runs + excluded.runs, retried = t.retried + excluded.retried,
               timed_out = t.timed_out + excluded.timed_out, crashed = t.crashed + excluded.crashed,
               snoozed = t.snoozed + excluded.snoozed, released = t.released + excluded.released,
               waits = t.waits + excluded.waits, wait_sum = t.wait_sum + excluded.wait_sum,
               wait_max = greatest(t.wait_max, excluded.wait_max), times = t.times + excluded.times,
               time_sum = t.time_sum + excluded.time_sum, time_max = greatest(t.time_max, excluded.time_max)),
    failed AS MATERIALIZED (SELECT * FROM advisorjobs_unfolded_failures),
    failures AS (
        INSERT INTO advisorjobs_error_tallies AS t
        SELECT CASE WHEN w.whole THEN '' ELSE u.organization_id END, w.whole, g.hours, advisorjobs_grain_of(g.hours, u.since),
               u.queue_name, u.job_name, u.error_code, u.fingerprint, sum(u.failures), min(u.first_seen), max(u.last_seen),
               (array_agg(u.job_id ORDER BY u.last_seen DESC, u.job_id DESC))[1],
               (array_agg(u.run_no ORDER BY u.last_seen DESC, u.job_id DESC))[1]
          FROM failed u
         CROSS JOIN (VALUES (false), (true)) AS w(whole)
         CROSS JOIN (VALUES (1), (24)) AS g(hours)
         GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
            ON CONFLICT (organization_id, whole, grain, since, queue_name, job_name, error_code, fingerprint) DO UPDATE
           SET failures = t.failures + excluded.failures, first_seen = least(t.first_seen, excluded.first_seen),
               last_seen = greatest(t.last_seen, excluded.last_seen),
               job_id = CASE WHEN excluded.last_seen >= t.last_seen THEN excluded.job_id ELSE t.job_id END,
               run_no = CASE WHEN excluded.last_seen >= t.last_seen THEN excluded.run_no ELSE t.run_no END),
    totals AS (
        INSERT INTO advisorjobs_error_totals AS t (queue_name, job_name, error_code, failures)
        SELECT u.queue_name, u.job_name, u.error_code, sum(u.failures) FROM failed u GROUP BY 1, 2, 3
            ON CONFLICT (queue_name, job_name, error_code) DO UPDATE SET failures = t.failures + excluded.failures)
    INSERT INTO advisorjobs_worker_tallies AS t
    SELECT u.worker_id, u.queue_name, u.runs, u.completed, u.failures, u.times, u.time_sum, u.time_max, u.last_run_at
      FROM advisorjobs_unfolded_workers u
        ON CONFLICT (worker_id, queue_name) DO UPDATE
       SET runs = t.runs + excluded.runs, completed = t.completed + excluded.completed,
           failures = t.failures + excluded.failures, times = t.times + excluded.times,
           time_sum = t.time_sum + excluded.time_sum, time_max = greatest(t.time_max, excluded.time_max),
           last_run_at = greatest(t.last_run_at, excluded.last_run_at);
    PERFORM set_config('advisorjobs.fold_before', '', true);
    RETURN _runs;
END $$;

-- Makes the rows of a quarter of a day that is over from those of its hours, of all organizations together; at midnight those of the day,
-- and after a Sunday those of the week. Returns where the next quarter begins. What ends or is brought back later is added to them by
-- advisorjobs_fold_tallies.
DROP FUNCTION IF EXISTS advisorjobs_roll(timestamptz);
CREATE OR REPLACE FUNCTION advisorjobs_roll(_quarter timestamptz) RETURNS timestamptz
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _next timestamptz := _quarter + interval '6 hours';
BEGIN
    PERFORM advisorjobs_roll_up(1, 6, _quarter);
    PERFORM advisorjobs_roll_shares(1, 6, _quarter);
    IF advisorjobs_grain_of(24, _next) = _next THEN
        PERFORM advisorjobs_roll_up(1, 24, _next - interval '24 hours');
        PERFORM advisorjobs_roll_shares(6, 24, _next - interval '24 hours');
        DELETE FROM advisorjobs_worker_tallies t WHERE NOT EXISTS (SELECT FROM advisorjobs_workers w WHERE w.id = t.worker_id);
    END IF;
    IF advisorjobs_grain_of(168, _next) = _next THEN
        PERFORM advisorjobs_roll_up(24, 168, _next - interval '168 hours');
        PERFORM advisorjobs_roll_shares(24, 168, _next - interval '168 hours');
    END IF;
    UPDATE advisorjobs_tally_state SET rolled_until = _next;
    RETURN _next;
END $$;

-- Quarters are found by the key, as they are of one "organization"; days and weeks, of all, by their time.
CREATE OR REPLACE FUNCTION advisorjobs_roll_up(_from integer, _to integer, _since timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _until timestamptz := _since + make_interval(hours => _to);
BEGIN
    INSERT INTO advisorjobs_tallies
    SELECT organization_id, whole, _to, _since, queue_name, job_name, sum(completed), sum(failed), sum(cancelled), sum(runs),
           sum(retried), sum(timed_out), sum(crashed), sum(snoozed), sum(released), sum(waits), sum(wait_sum), max(wait_max), sum(times),
           sum(time_sum), max(time_max)
      FROM (SELECT * FROM advisorjobs_tallies q
             WHERE _to = 6 AND q.organization_id = '' AND q.whole AND q.grain = _from AND q.since >= _since AND q.since < _until
            UNION ALL
            SELECT * FROM advisorjobs_tallies d
             WHERE _to > 6 AND d.grain + 0 = _from AND d.since AT TIME ZONE 'UTC' >= _since AT TIME ZONE 'UTC'
               AND d.since AT TIME ZONE 'UTC' < _until AT TIME ZONE 'UTC') t
     GROUP BY organization_id, whole, queue_name, job_name
     ORDER BY organization_id, whole;     -- side by side: who reads them finds an organization's on a page or two
END $$;

-- The same of advisorjobs_shares; and takes away the finer ones that nobody reads any more.
CREATE OR REPLACE FUNCTION advisorjobs_roll_shares(_from integer, _to integer, _since timestamptz) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    INSERT INTO advisorjobs_shares (grain, since, organization_id, completed, failed, runs, time_ms)
    SELECT _to, _since, s.organization_id, sum(s.completed), sum(s.failed), sum(s.runs), sum(s.time_ms) FROM advisorjobs_shares s
     WHERE s.grain = _from AND s.since >= _since AND s.since < _since + make_interval(hours => _to)
     GROUP BY s.organization_id
        ON CONFLICT DO NOTHING;
    DELETE FROM advisorjobs_shares s
     WHERE s.grain = _from AND s.since < _since - CASE _from WHEN 1 THEN interval '48 hours' WHEN 6 THEN interval '4 days'
                                                     ELSE interval '45 days' END;
    DELETE FROM advisorjobs_shares s WHERE s.grain = 168 AND s.since < _since - interval '60 days';
END $$;

-- A database that was folded before there were totals: all that its tallies know, once. Nobody folds until this is committed.
DO $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('advisorjobs_fold_tallies', 0));
    IF NOT EXISTS (SELECT FROM advisorjobs_tallies WHERE organization_id = '' AND whole AND grain = 0) THEN
        INSERT INTO advisorjobs_tallies
        SELECT '', true, 0, 'infinity', queue_name, job_name, sum(completed), sum(failed), sum(cancelled), sum(runs), sum(retried),
               sum(timed_out), sum(crashed), sum(snoozed), sum(released), sum(waits), sum(wait_sum), max(wait_max),
               sum(times), sum(time_sum), max(time_max)
          FROM advisorjobs_tallies WHERE organization_id = '' AND whole AND grain = 1 GROUP BY queue_name, job_name;
        INSERT INTO advisorjobs_error_totals
        SELECT queue_name, job_name, error_code, sum(failures) FROM advisorjobs_error_tallies
         WHERE organization_id = '' AND whole AND grain = 1 GROUP BY queue_name, job_name, error_code;
    END IF;
END $$;

-- A database that was migrated when there were no quarters of days yet: all of them now.
DO $$
DECLARE
    _quarter timestamptz;
BEGIN
    IF EXISTS (SELECT FROM advisorjobs_tallies WHERE grain + 0 = 24)
       AND NOT EXISTS (SELECT FROM advisorjobs_tallies WHERE grain + 0 = 6) THEN
        FOR _quarter IN
            SELECT generate_series(min(t.since), s.rolled_until - interval '6 hours', interval '6 hours')
              FROM advisorjobs_tally_state s, advisorjobs_tallies t WHERE t.grain + 0 = 24 GROUP BY s.rolled_until
        LOOP
            PERFORM advisorjobs_roll_up(1, 6, _quarter);
        END LOOP;
    END IF;
END $$;

-- A database that was migrated to tallies has all its history to fold: now, before a worker with little time does.
DO $$
BEGIN
    WHILE (SELECT sum(runs) FROM advisorjobs_unfolded) > 100000 LOOP
        PERFORM advisorjobs_fold_tallies(0);
    END LOOP;
END $$;
