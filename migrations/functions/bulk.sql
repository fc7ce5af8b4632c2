-- Many jobs at once: run failed ones again, cancel, clean away. LOCK ORDER: see claim.sql.
--
-- In steps, for whoever gives each its own transaction (the manager, the command line): a step looks at a bounded number of jobs, in
-- the order of their ids, and says where the next one begins (next_after; NULL: nothing is left). So nobody waits for more than one
-- step, and a job that comes back while the steps are under way is not met twice. The public functions take all steps in the
-- caller's transaction.

-- How many jobs a step changes, and how many it looks at for them.
CREATE OR REPLACE FUNCTION advisorjobs_step(OUT changed integer, OUT looked_at integer) LANGUAGE sql IMMUTABLE AS $$ SELECT 500, 20000 $$;

-- Runs failed jobs of a queue again, one step. done: how many; others' unique_key has gone to another living job.
CREATE OR REPLACE FUNCTION advisorjobs_retry_step(_queue text, _after bigint, OUT done bigint, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off AS $$
DECLARE
    _ids bigint[] := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.queue_name = _queue AND j.status = 'failed' AND j.id > _after ORDER BY j.id LIMIT (advisorjobs_step()).changed);
    _back bigint[];
BEGIN
    _back := advisorjobs_retry(_ids, NULL, true, NULL, NULL, NULL);
    done := cardinality(_back);
    next_after := CASE WHEN cardinality(_ids) = (advisorjobs_step()).changed THEN _ids[cardinality(_ids)] END;
    IF done > 0 THEN
        PERFORM advisorjobs_note('retry', 'queue', _queue, NULL, NULL, '{"state": "failed"}', done, _jobs => _back);
    END IF;
END $$;

-- Runs all failed jobs of a queue again; returns how many.
DROP FUNCTION IF EXISTS retry_failed_jobs(text);
CREATE FUNCTION retry_failed_jobs(queue text) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _all bigint := 0;
    _step record;
    _after bigint := 0;
BEGIN
    PERFORM advisorjobs_check_queue(queue);
    WHILE _after IS NOT NULL LOOP
        SELECT * INTO _step FROM advisorjobs_retry_step(queue, _after);
        _all := _all + _step.done;
        _after := _step.next_after;
    END LOOP;
    RETURN _all;
END $$;

-- Jobs that wait, at once or for their time, and (_running) those that run: the next ones that fit, NULL fits everything. _since:
-- only those that have waited since before then (a delayed one: for its time).
CREATE OR REPLACE FUNCTION advisorjobs_living_jobs(
    _queue text, _name text, _organization text, _tag text, _states text[], _since timestamptz, _after bigint,
    OUT ids bigint[], OUT next_after bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _last bigint;
BEGIN
    SELECT max(w.id) INTO _last FROM (
        SELECT j.id FROM procrastinate_jobs j WHERE j.id > _after ORDER BY j.id LIMIT (advisorjobs_step()).looked_at) w;
    ids := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.id > _after AND j.id <= _last AND (_queue IS NULL OR j.queue_name = _queue) AND (_name IS NULL OR j.task_name = _name)
           AND (_organization IS NULL OR j.organization_id = _organization) AND (_tag IS NULL OR _tag = ANY (j.tags))
           AND CASE j.status WHEN 'todo' THEN CASE WHEN j.scheduled_at IS NULL THEN 'waiting' ELSE 'delayed' END
                             WHEN 'doing' THEN 'active' END = ANY (_states)
           AND (_since IS NULL OR CASE WHEN j.scheduled_at IS NULL THEN j.queued_at ELSE coalesce(j.delayed_since, '-infinity') END < _since)
         ORDER BY j.id LIMIT (advisorjobs_step()).changed);
    next_after := CASE WHEN cardinality(ids) = (advisorjobs_step()).changed THEN ids[cardinality(ids)] ELSE _last END;
END $$;

-- Takes those of these jobs that still wait (_states, _since: as above) out of the table; returns them. _history: with a history row
-- "cancelled" for each, as cancel_job writes it. Their locks' lines, unique keys and counts follow.
DROP FUNCTION IF EXISTS advisorjobs_take_out(bigint[], text[], timestamptz, boolean);
CREATE FUNCTION advisorjobs_take_out(_ids bigint[], _states text[], _since timestamptz, _history boolean) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    _locks text[] := ARRAY(SELECT DISTINCT j.lock FROM procrastinate_jobs j WHERE j.id = ANY (_ids) AND j.lock IS NOT NULL);
    _held bigint[];
    _keyed bigint[];
BEGIN
    PERFORM advisorjobs_hold_locks(_locks);
    -- one whose lock was changed since stays: its line isn't held
    SELECT array_agg(h.id), array_agg(h.id) FILTER (WHERE h.unique_key IS NOT NULL) INTO _held, _keyed FROM (
        SELECT j.id, j.unique_key FROM procrastinate_jobs j
         WHERE j.id = ANY (_ids) AND j.status = 'todo' AND (j.lock IS NULL OR j.lock = ANY (_locks))
           AND CASE WHEN j.scheduled_at IS NULL THEN 'waiting' ELSE 'delayed' END = ANY (_states)
           AND (_since IS NULL OR CASE WHEN j.scheduled_at IS NULL THEN j.queued_at ELSE coalesce(j.delayed_since, '-infinity') END < _since)
         ORDER BY j.id FOR UPDATE SKIP LOCKED) h;
    WITH gone AS (
        DELETE FROM procrastinate_jobs j WHERE j.id = ANY (_held) RETURNING j.*),
    kept AS (
        INSERT INTO advisorjobs_runs (
            job_id, run_no, attempt, final, status, error_code, queued_at, queue_name, job_name, organization_id, input, tags,
            traceparent)
        SELECT id, run_no + CASE WHEN run_no = 0 THEN 0 ELSE 1 END, attempts, true, 'cancelled', 'cancelled', queued_at, queue_name,
               task_name, organization_id, args, tags, traceparent
          FROM gone WHERE _history
        RETURNING *),
    tallied AS (
        INSERT INTO advisorjobs_ended (
            runs, queue_name, job_name, organizations, queued_at, started_at, run_ms, statuses, error_codes, fingerprints, job_ids,
            run_nos)
        SELECT count(*), queue_name, job_name, array_agg(organization_id), array_agg(queued_at), array_agg(started_at),
               array_agg(run_ms), array_agg(status), array_agg(error_code), array_agg(fingerprint), array_agg(job_id), array_agg(run_no)
          FROM kept GROUP BY queue_name, job_name)
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed, cancelled, at)
    SELECT queue_name, -count(*) FILTER (WHERE scheduled_at IS NULL), -count(*) FILTER (WHERE scheduled_at IS NOT NULL),
           CASE WHEN _history THEN count(*) END, now()
      FROM gone GROUP BY queue_name;
    IF _keyed IS NOT NULL THEN
        PERFORM advisorjobs_free_keys(_keyed);
    END IF;
    IF cardinality(_locks) > 0 THEN
        PERFORM advisorjobs_next_turns(_locks);
    END IF;
    RETURN coalesce(_held, '{}');
END $$;

-- Cancels jobs that fit, one step: waiting and delayed ones end at once, running ones are asked to stop. A job that a claim
-- is taking at that moment is left for the next call.
CREATE OR REPLACE FUNCTION advisorjobs_cancel_step(
    _queue text, _name text, _organization text, _tag text, _after bigint, OUT done bigint, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _found record := advisorjobs_living_jobs(_queue, _name, _organization, _tag, '{waiting,delayed,active}', NULL, _after);
    _cancelled bigint[] := advisorjobs_cancel_these(_found.ids, false);
BEGIN
    done := cardinality(_cancelled);
    next_after := _found.next_after;
    IF done > 0 THEN
        PERFORM advisorjobs_note(
            'cancel', 'jobs', '', _organization, NULL, jsonb_strip_nulls(jsonb_build_object(
                'queue', _queue, 'name', _name, 'organization_id', _organization, 'tag', _tag)), done, _jobs => _cancelled);
    END IF;
END $$;

-- Cancels the jobs of a queue, of a name, of an organization, with a tag: those for which all hold that are given. Waiting ones leave with
-- a history row "cancelled"; running ones are asked to stop. Returns how many it cancelled or asked.
DROP FUNCTION IF EXISTS cancel_jobs(text, text, text, text);
CREATE FUNCTION cancel_jobs(queue text DEFAULT NULL, name text DEFAULT NULL, organization_id text DEFAULT NULL, tag text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _all bigint := 0;
    _step record;
    _after bigint := 0;
BEGIN
    PERFORM advisorjobs_refuse(CASE WHEN coalesce(queue, name, organization_id, tag) IS NULL
                                    THEN 'queue: name a queue, a job''s name, an organization_id or a tag' END);
    IF queue IS NOT NULL THEN
        PERFORM advisorjobs_check_queue(queue);
    END IF;
    WHILE _after IS NOT NULL LOOP
        SELECT * INTO _step FROM advisorjobs_cancel_step(queue, name, organization_id, tag, _after);
        _all := _all + _step.done;
        _after := _step.next_after;
    END LOOP;
    RETURN _all;
END $$;

-- When a job that ended, and is still in the table, did so: by our history, else by procrastinate's (from before a take-over).
CREATE OR REPLACE FUNCTION advisorjobs_ended_at(_job procrastinate_jobs) RETURNS timestamptz
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT coalesce((SELECT max(finished_at) FROM advisorjobs_runs WHERE job_id = _job.id),
                    (SELECT max(at) FROM procrastinate_events WHERE job_id = _job.id), _job.started_at, _job.queued_at)
$$;

-- Moves the point up to which ended jobs of a queue are cleaned away, for these of the states completed, failed, cancelled and aborted,
-- and takes those that ended since the last one off the figures (failed ones count while they are in the table); returns how many. Exact with completions racing: see counts.sql. Counts those
-- that leave, or those that stay, whichever ended within the shorter time.
CREATE OR REPLACE FUNCTION advisorjobs_clean_history(_queue text, _states text[], _before timestamptz) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _last advisorjobs_cleaned_until;
    _from timestamptz;
    _leaving boolean;
    _cleaned bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('advisorjobs_counts', 0));
    SELECT * INTO _last FROM advisorjobs_cleaned_until c WHERE c.queue_name IN (_queue, '*') ORDER BY c.queue_name = '*' LIMIT 1;
    _last.completed := coalesce(_last.completed, '-infinity');
    _last.cancelled := coalesce(_last.cancelled, '-infinity');
    _last.aborted := coalesce(_last.aborted, '-infinity');
    _from := least(CASE WHEN 'completed' = ANY (_states) THEN _last.completed END,
                   CASE WHEN 'cancelled' = ANY (_states) THEN _last.cancelled END,
                   CASE WHEN 'aborted' = ANY (_states) THEN _last.aborted END);
    _leaving := isfinite(_from) AND _from + (now() - _before) > _before;
    IF _states && '{completed,cancelled,aborted}' THEN
        WITH gone AS (DELETE FROM advisorjobs_count_changes WHERE queue_name = _queue),
        ended AS (
            SELECT count(*) FILTER (WHERE status = 'completed' AND finished_at >= _last.completed) AS completed,
                   count(*) FILTER (WHERE status = 'cancelled' AND started_at IS NULL AND finished_at >= _last.cancelled) AS cancelled,
                   count(*) FILTER (WHERE status = 'cancelled' AND started_at IS NOT NULL AND finished_at >= _last.aborted) AS aborted
              FROM advisorjobs_runs
             WHERE queue_name = _queue AND final AND status IN ('completed', 'cancelled')
               AND finished_at >= CASE WHEN _leaving THEN _from ELSE _before END
               AND finished_at < CASE WHEN _leaving THEN _before ELSE 'infinity' END),
        stock AS (
            SELECT count(*) FILTER (WHERE status = 'succeeded') AS completed, count(*) FILTER (WHERE status = 'cancelled') AS cancelled,
                   count(*) FILTER (WHERE status = 'aborted') AS aborted
              FROM procrastinate_jobs WHERE queue_name = _queue AND status IN ('succeeded', 'cancelled', 'aborted')),
        was AS (
            SELECT k.* FROM advisorjobs_kept_counts k WHERE k.queue_name = _queue
             UNION ALL
            SELECT _queue, 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT FROM advisorjobs_kept_counts k WHERE k.queue_name = _queue)),
        becomes AS (
            SELECT CASE WHEN NOT 'completed' = ANY (_states) THEN w.completed
                        WHEN _leaving THEN w.completed - e.completed ELSE e.completed + s.completed END AS completed,
                   CASE WHEN NOT 'cancelled' = ANY (_states) THEN w.cancelled
                        WHEN _leaving THEN w.cancelled - e.cancelled ELSE e.cancelled + s.cancelled END AS cancelled,
                   CASE WHEN NOT 'aborted' = ANY (_states) THEN w.aborted
                        WHEN _leaving THEN w.aborted - e.aborted ELSE e.aborted + s.aborted END AS aborted
              FROM was w, ended e, stock s),
        kept AS (
            INSERT INTO advisorjobs_counts (queue_name, waiting, delayed, failed, completed, cancelled, aborted)
            SELECT _queue, w.waiting, w.delayed, w.failed, b.completed, b.cancelled, b.aborted FROM was w, becomes b
                ON CONFLICT (queue_name) DO UPDATE
               SET waiting = excluded.waiting, delayed = excluded.delayed, failed = excluded.failed, completed = excluded.completed,
                   cancelled = excluded.cancelled, aborted = excluded.aborted)
        SELECT w.completed - b.completed + w.cancelled - b.cancelled + w.aborted - b.aborted INTO _cleaned FROM was w, becomes b;
    END IF;
    INSERT INTO advisorjobs_cleaned AS c (queue_name, status, before)
    SELECT _queue, state, _before FROM unnest(_states) AS s(state) ORDER BY state
        ON CONFLICT (queue_name, status) DO UPDATE SET before = greatest(c.before, excluded.before);
    RETURN _cleaned;
END $$;

-- Deletes ended jobs that are still in the table, one step: failed ones, and those that stock procrastinate left behind.
CREATE OR REPLACE FUNCTION advisorjobs_clean_ended_step(
    _queue text, _stock procrastinate_job_status[], _before timestamptz, _after bigint, OUT done bigint, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _ids bigint[] := ARRAY(
        SELECT j.id FROM unnest(_stock) AS s(status) CROSS JOIN LATERAL (
            SELECT e.id FROM procrastinate_jobs e
             WHERE e.queue_name = _queue AND e.status = s.status AND e.id > _after
               AND e.status IN ('failed', 'succeeded', 'cancelled', 'aborted')
             ORDER BY e.id LIMIT (advisorjobs_step()).changed) j
         ORDER BY j.id LIMIT (advisorjobs_step()).changed);
BEGIN
    WITH gone AS (
        DELETE FROM procrastinate_jobs WHERE id = ANY (ARRAY(
            SELECT j.id FROM procrastinate_jobs j
             WHERE j.id = ANY (_ids) AND j.status = ANY (_stock) AND advisorjobs_ended_at(j) < _before
             ORDER BY j.id FOR UPDATE SKIP LOCKED)) RETURNING status),
    counted AS (
        INSERT INTO advisorjobs_count_changes (queue_name, failed, completed, cancelled, aborted, at)
        SELECT _queue, -count(*) FILTER (WHERE status = 'failed'), -count(*) FILTER (WHERE status = 'succeeded'),
               -count(*) FILTER (WHERE status = 'cancelled'), -count(*) FILTER (WHERE status = 'aborted'), 'infinity'
          FROM gone HAVING count(*) > 0)
    SELECT count(*) INTO done FROM gone;
    next_after := CASE WHEN cardinality(_ids) = (advisorjobs_step()).changed THEN _ids[cardinality(_ids)] END;
END $$;

-- Cleans a queue of jobs, one step: of waiting and delayed ones, or of those that ended (completed, failed, cancelled, aborted). The first
-- step (_after 0) takes the latter off the figures, all at once. Notes nothing: the caller notes the whole.
CREATE OR REPLACE FUNCTION advisorjobs_clean_some(
    _queue text, _states text[], _before timestamptz, _after bigint, OUT done bigint, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _first bigint := 0;
    _found record;
BEGIN
    IF _states && '{waiting,delayed}' THEN
        _found := advisorjobs_living_jobs(_queue, NULL, NULL, NULL, _states, _before, _after);
        done := cardinality(advisorjobs_take_out(_found.ids, _states, _before, false));
        next_after := _found.next_after;
        RETURN;
    END IF;
    IF _after = 0 THEN
        _first := advisorjobs_clean_history(_queue, _states, _before);
    END IF;
    SELECT * INTO done, next_after FROM advisorjobs_clean_ended_step(
        _queue, array_replace(_states, 'completed', 'succeeded')::procrastinate_job_status[], _before, _after);
    done := done + _first;
END $$;

-- One step of somebody who takes each by itself, in a transaction of its own: noted.
CREATE OR REPLACE FUNCTION advisorjobs_clean_step(
    _queue text, _states text[], _before timestamptz, _after bigint, OUT done bigint, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    SELECT * INTO done, next_after FROM advisorjobs_clean_some(_queue, _states, _before, _after);
    PERFORM advisorjobs_note_cleaning(_queue, _states, _before, done);
END $$;

-- Those that go when a queue is cleaned of jobs in this state.
CREATE OR REPLACE FUNCTION advisorjobs_cleaned_states(_state text) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE _state WHEN 'cancelled' THEN '{cancelled,aborted}' ELSE ARRAY[_state] END
$$;

CREATE OR REPLACE FUNCTION advisorjobs_note_cleaning(_queue text, _states text[], _before timestamptz, _count bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF _count > 0 THEN
        PERFORM advisorjobs_note('clean', 'queue', _queue, NULL, NULL, jsonb_build_object('states', _states, 'before', _before), _count);
    END IF;
END $$;

-- Takes jobs of a queue that are in this state for longer than grace_ms milliseconds out of statistics, lists and results; returns how
-- many. status: completed, failed, cancelled, delayed or waiting; the last two are removed unrun. The history of runs (job_executions)
-- stays as it is.
DROP FUNCTION IF EXISTS clean_queue(text, bigint, text);
CREATE FUNCTION clean_queue(queue text, grace_ms bigint, status text DEFAULT 'completed') RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _states constant text[] := '{completed,failed,cancelled,delayed,waiting}';
    _wanted text[];
    _before timestamptz := clock_timestamp() - make_interval(secs => grace_ms / 1000.0);
    _all bigint := 0;
    _step record;
    _after bigint := 0;
BEGIN
    PERFORM advisorjobs_check_queue(queue);
    PERFORM advisorjobs_refuse(CASE
        WHEN grace_ms IS NULL OR grace_ms < 0 THEN format('grace_ms: must be 0 milliseconds or more, got %s', coalesce(grace_ms::text, 'NULL'))
        WHEN status IS NULL OR NOT status = ANY (_states) THEN format('status: can''t be cleaned: %s', coalesce(quote_literal(status), 'NULL'))
            || coalesce(': did you mean ' || quote_literal(advisorjobs_nearest(status, _states)) || '?',
                        ': it may be ' || array_to_string(_states, ', ')) END);
    _wanted := advisorjobs_cleaned_states(status);
    WHILE _after IS NOT NULL LOOP
        SELECT * INTO _step FROM advisorjobs_clean_some(queue, _wanted, _before, _after);
        _all := _all + _step.done;
        _after := _step.next_after;
    END LOOP;
    PERFORM advisorjobs_note_cleaning(queue, _wanted, _before, _all);
    RETURN _all;
END $$;

DROP FUNCTION IF EXISTS advisorjobs_clean(text, text[], timestamptz, integer);
