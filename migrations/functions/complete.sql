-- Writing down how runs ended: job row and history row in one statement, so that they can't disagree.
--
-- Both functions compare job, run number and token of each run with the job's row and change only what still matches: a worker
-- that was given up for dead changes nothing. They return the ids that they changed, so that the caller can tell. The join over
-- unnest() is pinned to a nested loop over the primary key: with two hundred rows and more the planner's guess tips over
-- into hashing the whole table. Only a running job has a token; no condition on the status is added, which would offer the
-- planner the index of running jobs, to be walked once per row. Planned at each call: a plan that was made while the table was
-- empty reads it from end to end, and would be kept until it is analyzed. Lock order: see claim.sql.

-- Runs that ended well: the job leaves the table. _locks: the job locks that these jobs hold, or NULL.
DROP FUNCTION IF EXISTS advisorjobs_complete(bigint[], integer[], uuid[], integer[], text[], text[]);
CREATE FUNCTION advisorjobs_complete(
    _ids bigint[], _run_nos integer[], _tokens uuid[], _run_ms integer[], _results text[], _locks text[])
RETURNS bigint[]
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
    _done bigint[];
    _keyed boolean;
    _freed text[];
BEGIN
    IF _locks IS NOT NULL THEN
        PERFORM advisorjobs_hold_locks(_locks);
    END IF;
    WITH gone AS (
        DELETE FROM procrastinate_jobs j
         USING unnest(_ids, _run_nos, _tokens, _run_ms, _results) AS r(id, run_no, token, ms, result)
         WHERE j.id = r.id AND j.run_no = r.run_no AND j.run_token = r.token
        RETURNING j.id, j.run_no, j.attempts, j.worker_id, j.queued_at, j.started_at, r.ms, j.queue_name, j.task_name,
                  j.organization_id, j.args, r.result, j.tags, j.unique_key, j.limit_key, j.traceparent),
    kept AS (
        INSERT INTO advisorjobs_runs (
            job_id, run_no, attempt, final, status, worker_id, queued_at, started_at, run_ms, queue_name, job_name,
            organization_id, input, result, tags, traceparent)
        SELECT id, run_no, attempts, true, 'completed', worker_id, queued_at, started_at, ms, queue_name, task_name,
               organization_id, args, result::jsonb, tags, traceparent
          FROM gone),
    counted AS (
        INSERT INTO advisorjobs_count_changes (queue_name, completed, at)
        SELECT queue_name, count(*), now() FROM gone GROUP BY queue_name)
    SELECT array_agg(id), bool_or(unique_key IS NOT NULL), array_agg(limit_key) FILTER (WHERE limit_key IS NOT NULL)
      INTO _done, _keyed, _freed FROM gone;
    IF _done IS NOT NULL THEN
        INSERT INTO advisorjobs_ended (runs, completed) VALUES (cardinality(_done), _done);
    END IF;
    IF _keyed THEN
        PERFORM advisorjobs_free_keys(_done);
    END IF;
    IF _freed IS NOT NULL THEN
        PERFORM advisorjobs_key_freed(_freed);
    END IF;
    IF _locks IS NOT NULL THEN
        PERFORM advisorjobs_next_turns(_locks);
    END IF;
    RETURN coalesce(_done, '{}');
END $$;

-- The idempotency keys of jobs that ended: free now, or `unique_for` from now.
CREATE OR REPLACE FUNCTION advisorjobs_free_keys(_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    DELETE FROM advisorjobs_unique_keys WHERE job_id = ANY (_ids) AND keep_for IS NULL;
    UPDATE advisorjobs_unique_keys SET free_at = now() + keep_for WHERE job_id = ANY (_ids) AND keep_for IS NOT NULL;
END $$;

-- Runs that ended otherwise. _runs is a JSON array of objects:
--   id, run_no, token   the run
--   status              failed | timed_out | crashed | cancelled | retrying | snoozed | released
--   final               true: the job ends (cancelled: it leaves the table; else it stays as "failed" until retried or cleaned)
--   delay               seconds until the next run, null or 0: at once
--   error_code, error_message, stack_trace, run_ms, result
--   fingerprint         which errors are alike; null: by job, code and message
--   queue, priority, lock, args   what a retry changes (null: stays)
--   parked              'unknown_job': set aside for a worker that knows the name
--   close_for           a service asked for patience, in seconds: the job's key is closed for so long, or its queue if it has none
-- snoozed, released and crashed-by-rescue runs give their attempt back (attempt_back true). A run whose function was not called gives its
-- start back too (start_back true): rate limits don't count it.
-- A retried job whose queueing_lock is held by a newer one, waiting or retried by the same call, loses its own: the newer one
-- stands for both. A job whose cancellation was asked for runs no more, whatever became of the run that was to be told of it.
CREATE OR REPLACE FUNCTION advisorjobs_settle(_runs jsonb) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _locks text[];
    _done bigint[];
    _ended bigint[];
    _freed text[];
    _again boolean;
    _close boolean;
    _starts jsonb;
BEGIN
    SELECT array_agg(DISTINCT j.lock) INTO _locks
      FROM procrastinate_jobs j
     WHERE j.id = ANY (ARRAY(SELECT (r.run ->> 'id')::bigint FROM jsonb_array_elements(_runs) AS r(run))) AND j.lock IS NOT NULL;
    IF _locks IS NOT NULL THEN
        PERFORM advisorjobs_hold_locks(_locks);
    END IF;
    WITH given AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(_runs) AS r(
            id bigint, run_no integer, token uuid, status advisorjobs_run_status, final boolean, delay double precision,
            attempt_back boolean, start_back boolean, error_code advisorjobs_error_code, error_message text, stack_trace text, fingerprint text,
            run_ms integer, result jsonb, queue text, priority integer, lock text, crashes integer, rescues integer,
            parked advisorjobs_parking, close_for double precision)
         ORDER BY id),
    mine AS MATERIALIZED (
        SELECT j.*, e.ended, g.final OR s.stopped AS final, g.delay, g.attempt_back, g.start_back, e.error_code, g.error_message, g.stack_trace,
               advisorjobs_fingerprint(g.fingerprint, e.ended, e.error_code, j.task_name, g.error_message) AS fingerprint,
               g.run_ms, g.result, g.queue AS new_queue, g.priority AS new_priority, g.lock AS new_lock,
               g.crashes AS new_crashes, g.rescues AS new_rescues, g.parked AS new_parked, g.close_for,
               CASE WHEN NOT (g.final OR s.stopped) THEN now() + make_interval(secs => coalesce(g.delay, 0)) END AS next_run_at
          FROM given g JOIN procrastinate_jobs j
            ON j.id = g.id AND j.run_no = g.run_no AND j.run_token = g.token
         CROSS JOIN LATERAL (SELECT j.abort_requested AND NOT g.final AS stopped) s
         CROSS JOIN LATERAL (
             SELECT CASE WHEN s.stopped THEN 'cancelled' ELSE g.status END AS ended,
                    CASE WHEN s.stopped THEN 'cancelled' ELSE g.error_code END AS error_code) e
           FOR NO KEY UPDATE OF j),
    kept AS (
        INSERT INTO advisorjobs_runs (
            job_id, run_no, attempt, final, status, error_code, worker_id, queued_at, started_at, next_run_at, run_ms,
            queue_name, job_name, organization_id, input, result, error_message, stack_trace, fingerprint, tags, traceparent)
        SELECT id, run_no, attempts, final, ended, error_code, worker_id, queued_at, started_at, next_run_at, run_ms,
               queue_name, task_name, organization_id, args, result, error_message, stack_trace, fingerprint, tags, traceparent
          FROM mine),
    tallied AS (
        INSERT INTO advisorjobs_ended (
            runs, queue_name, job_name, worker_ids, organizations, queued_at, started_at, run_ms, statuses, finals, error_codes,
            fingerprints, job_ids, run_nos)
        SELECT count(*), queue_name, task_name, array_agg(worker_id), array_agg(organization_id), array_agg(queued_at),
               array_agg(started_at), array_agg(run_ms), array_agg(ended), array_agg(final), array_agg(error_code),
               array_agg(fingerprint), array_agg(id), array_agg(run_no)
          FROM mine GROUP BY queue_name, task_name),
    counted AS (
        INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed, failed, cancelled, aborted, at)
        SELECT queue, count(*) FILTER (WHERE became = 'waiting'), count(*) FILTER (WHERE became = 'delayed'),
               count(*) FILTER (WHERE became = 'failed'), count(*) FILTER (WHERE became = 'cancelled'),
               count(*) FILTER (WHERE became = 'aborted'), now()
          FROM (SELECT CASE WHEN final THEN queue_name ELSE coalesce(new_queue, queue_name) END AS queue,
                       CASE WHEN NOT final THEN CASE WHEN delay > 0 THEN 'delayed' ELSE 'waiting' END
                            WHEN ended <> 'cancelled' THEN 'failed' WHEN started_at IS NULL THEN 'cancelled' ELSE 'aborted' END AS became
                  FROM mine) m
         GROUP BY queue),
    gone AS (
        DELETE FROM procrastinate_jobs j USING mine m WHERE j.id = m.id AND m.final AND m.ended = 'cancelled'),
    failed AS (
        UPDATE procrastinate_jobs j
           SET status = 'failed', abort_requested = false, worker_id = NULL, run_token = NULL, progress = NULL,
               crashes = coalesce(m.new_crashes, j.crashes), rescues = coalesce(m.new_rescues, 0)
          FROM mine m WHERE j.id = m.id AND m.final AND m.ended <> 'cancelled'),
    again AS (
        UPDATE procrastinate_jobs j
           SET status = 'todo', worker_id = NULL, run_token = NULL, abort_requested = false,
               scheduled_at = CASE WHEN m.delay > 0 THEN m.next_run_at END,
               delayed_since = CASE WHEN m.delay > 0 THEN now() END,
               queued_at = m.next_run_at,
               attempts = j.attempts - CASE WHEN m.attempt_back THEN 1 ELSE 0 END,
               queue_name = coalesce(m.new_queue, j.queue_name),
               priority = coalesce(m.new_priority, j.priority),
               lock = coalesce(m.new_lock, j.lock),
               queueing_lock = CASE WHEN j.queueing_lock IS NOT NULL AND NOT EXISTS (
                   SELECT FROM procrastinate_jobs o WHERE o.queueing_lock = j.queueing_lock AND o.status = 'todo')
                   AND NOT EXISTS (
                   SELECT FROM mine o WHERE o.queueing_lock = j.queueing_lock AND NOT o.final AND o.id > j.id)
                   THEN j.queueing_lock END,
               parked = m.new_parked, era = DEFAULT,
               crashes = coalesce(m.new_crashes, j.crashes),
               rescues = coalesce(m.new_rescues, CASE WHEN m.ended = 'released' THEN j.rescues ELSE 0 END)
          FROM mine m WHERE j.id = m.id AND NOT m.final)
    SELECT array_agg(id), array_agg(id) FILTER (WHERE final AND unique_key IS NOT NULL), bool_or(NOT final),
           array_agg(limit_key) FILTER (WHERE limit_key IS NOT NULL), bool_or(close_for > 0),
           jsonb_agg(jsonb_build_object('queue', queue_name, 'turn', turn, 'cost', cost, 'at', started_at)) FILTER (WHERE start_back)
      INTO _done, _ended, _again, _freed, _close, _starts FROM mine;
    IF _ended IS NOT NULL THEN
        PERFORM advisorjobs_free_keys(_ended);
    END IF;
    IF _locks IS NOT NULL THEN
        PERFORM advisorjobs_next_turns(_locks);
    END IF;
    IF _close THEN
        PERFORM advisorjobs_hold_keys(_freed);
        PERFORM advisorjobs_close(_runs);
    END IF;
    IF _freed IS NOT NULL THEN
        PERFORM advisorjobs_key_freed(_freed);
    END IF;
    IF _starts IS NOT NULL AND _close IS NOT TRUE THEN  -- rows of queues by name, once
        PERFORM advisorjobs_return_starts(_starts);
    END IF;
    IF _again THEN
        PERFORM advisorjobs_wake();
    END IF;
    RETURN coalesce(_done, '{}');
END $$;

-- Which of these runs this worker has ended already, as history has it: for a completion whose answer was lost.
CREATE OR REPLACE FUNCTION advisorjobs_ended_by(_worker bigint, _ids bigint[], _run_nos integer[]) RETURNS bigint[]
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan = off
AS $$
    SELECT coalesce(array_agg(h.job_id), '{}') FROM unnest(_ids, _run_nos) AS r(id, run_no)
      JOIN advisorjobs_runs h ON h.job_id = r.id AND h.run_no = r.run_no AND h.worker_id = _worker
$$;
