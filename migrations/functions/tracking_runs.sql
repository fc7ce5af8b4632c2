-- Single runs of the history, and failures that are alike.

-- Runs that ended, as job_executions shows them. Views run with their owner's rights, hence the condition: an organization's
-- transactions see their own rows, everybody else who was granted the view sees all.
CREATE OR REPLACE VIEW advisorjobs_ended_executions AS
    SELECT job_id, run_no AS run_number, attempt, queue_name AS queue, job_name, organization_id, worker_id,
           status::text AS status, error_code::text AS error_code, queued_at, started_at, finished_at, next_run_at,
           (extract(epoch FROM started_at - queued_at) * 1000)::bigint AS wait_ms, run_ms, input, result, error_message,
           stack_trace, tags, final, fingerprint
      FROM advisorjobs_runs
     WHERE current_user <> 'advisorjobs_tenant' OR organization_id = advisorjobs_organization();

-- One row per run. That of a run which goes on is its job's own row: the two can't disagree. final: the job ended with this run.
CREATE OR REPLACE VIEW job_executions WITH (security_barrier) AS
    SELECT * FROM advisorjobs_ended_executions
    UNION ALL
    SELECT id, run_no, attempts, queue_name, task_name, organization_id, worker_id, 'running', NULL, queued_at, started_at,
           NULL, NULL, (extract(epoch FROM started_at - queued_at) * 1000)::bigint, NULL, args, NULL, NULL, NULL, tags, false, NULL
      FROM procrastinate_jobs
     WHERE status = 'doing' AND (current_user <> 'advisorjobs_tenant' OR organization_id = advisorjobs_organization());

-- The latest runs that ended in an error, those that are tried again (final is false) among them.
CREATE OR REPLACE FUNCTION advisorjobs_recent_failures(_organization text, _most integer)
RETURNS SETOF advisorjobs_ended_executions
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    IF _organization IS NULL THEN
        RETURN QUERY
            SELECT * FROM advisorjobs_ended_executions WHERE fingerprint IS NOT NULL ORDER BY finished_at DESC, job_id DESC LIMIT _most;
    ELSE
        RETURN QUERY
            SELECT * FROM advisorjobs_ended_executions
             WHERE fingerprint IS NOT NULL AND organization_id = _organization ORDER BY finished_at DESC, job_id DESC LIMIT _most;
    END IF;
END $$;

-- The runs that took longest, of those that took _threshold milliseconds and more. Below a second, where no index helps, only runs
-- of the last hour are looked through.
CREATE OR REPLACE FUNCTION advisorjobs_slow_jobs(_threshold bigint, _organization text, _most integer)
RETURNS SETOF advisorjobs_ended_executions
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off
AS $$
BEGIN
    IF _threshold < 1000 THEN
        RETURN QUERY
            SELECT * FROM advisorjobs_ended_executions
             WHERE finished_at > now() - interval '1 hour' AND run_ms >= _threshold
               AND (_organization IS NULL OR organization_id || '' = _organization)
             ORDER BY run_ms DESC, job_id DESC LIMIT _most;
    ELSIF _organization IS NULL THEN
        RETURN QUERY
            SELECT * FROM advisorjobs_ended_executions
             WHERE run_ms >= 1000 AND run_ms >= _threshold ORDER BY run_ms DESC, job_id DESC LIMIT _most;
    ELSE
        RETURN QUERY
            SELECT * FROM advisorjobs_ended_executions
             WHERE run_ms >= 1000 AND run_ms >= _threshold AND organization_id = _organization ORDER BY run_ms DESC, job_id DESC LIMIT _most;
    END IF;
END $$;

-- Failures that are alike, those that came most often first. The example is the latest of them.
CREATE OR REPLACE FUNCTION advisorjobs_error_analysis(_organization text, _start timestamptz, _end timestamptz, _most integer)
RETURNS TABLE (
    queue text, job_name text, error_code text, fingerprint text, failures bigint, first_seen timestamptz, last_seen timestamptz,
    example_job_id bigint, example_run_number integer, example_message text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT g.queue_name, g.job_name, g.error_code::text, g.fingerprint, g.failures, g.first_seen, g.last_seen, g.job_id, g.run_no,
               h.error_message
          FROM (SELECT f.queue_name, f.job_name, f.error_code, f.fingerprint, sum(f.failures)::bigint AS failures,
                       min(f.first_seen) AS first_seen, max(f.last_seen) AS last_seen,
                       (array_agg(f.job_id ORDER BY f.last_seen DESC, f.job_id DESC))[1] AS job_id,
                       (array_agg(f.run_no ORDER BY f.last_seen DESC, f.job_id DESC))[1] AS run_no
                  FROM advisorjobs_failures_between(_organization, _start, _end) f
                 GROUP BY 1, 2, 3, 4 ORDER BY 5 DESC, 7 DESC, 4 LIMIT _most) g
          LEFT JOIN LATERAL (
            SELECT r.error_message FROM advisorjobs_runs r
             WHERE r.job_id = g.job_id AND r.run_no = g.run_no
               AND r.finished_at > g.last_seen - interval '1 hour' AND r.finished_at <= g.last_seen LIMIT 1) h ON true
         ORDER BY g.failures DESC, g.last_seen DESC, g.fingerprint;
END $$;

-- As advisorjobs_tallied, of failures.
CREATE OR REPLACE FUNCTION advisorjobs_failures_between(_organization text, _start timestamptz, _end timestamptz)
RETURNS SETOF advisorjobs_error_tallies
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    _today timestamptz := advisorjobs_grain_of(24, clock_timestamp());
    _piece record;
    _from timestamptz := 'infinity';
    _until timestamptz := '-infinity';
BEGIN
    FOR _piece IN SELECT * FROM advisorjobs_pieces(_start, _end, _today, '{1,24}') p LOOP
        IF _piece.grain = 0 THEN
            RETURN QUERY SELECT * FROM advisorjobs_tallied_failures(_organization, _piece.lower, _piece.upper);
        ELSE
            _from := least(_from, _piece.lower);
            _until := greatest(_until, _piece.upper);
            RETURN QUERY
                SELECT t.* FROM advisorjobs_error_tallies t
                 WHERE t.organization_id = coalesce(_organization, '') AND t.whole = (_organization IS NULL)
                   AND t.grain = _piece.grain AND t.since >= _piece.lower AND t.since < _piece.upper;
        END IF;
    END LOOP;
    RETURN QUERY
        SELECT u.* FROM advisorjobs_unfolded_failures u
         WHERE (_organization IS NULL OR u.organization_id = _organization) AND u.since >= _from AND u.since < _until;
END $$;

-- The failures of less than an hour as tallies, read from the history.
CREATE OR REPLACE FUNCTION advisorjobs_tallied_failures(_organization text, _from timestamptz, _until timestamptz)
RETURNS SETOF advisorjobs_error_tallies
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    RETURN QUERY
        SELECT coalesce(_organization, ''), _organization IS NULL, 0::smallint, _from, r.queue_name, r.job_name, r.error_code,
               r.fingerprint, count(*), min(r.finished_at), max(r.finished_at),
               (array_agg(r.job_id ORDER BY r.finished_at DESC, r.job_id DESC))[1],
               (array_agg(r.run_no ORDER BY r.finished_at DESC, r.job_id DESC))[1]
          FROM advisorjobs_runs r
         WHERE r.fingerprint IS NOT NULL AND r.finished_at >= _from AND r.finished_at < _until
           AND (_organization IS NULL OR r.organization_id = nullif(_organization, '')
                OR _organization = '' AND r.organization_id IS NULL)
         GROUP BY r.queue_name, r.job_name, r.error_code, r.fingerprint;
END $$;
