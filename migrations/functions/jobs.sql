-- Single jobs from outside: look at one, cancel it, end it, run it again. LOCK ORDER: see claim.sql.

-- Every job that is alive or has ended and was not cleaned away. Ended ones come from the last run's history row; what only a
-- living job has (priority, lock, progress …) is NULL there. A failed job stays alive until it is retried or cleaned.
DROP VIEW IF EXISTS advisorjobs_jobs;
CREATE VIEW advisorjobs_jobs AS
    SELECT j.id, j.queue_name::text AS queue, j.task_name::text AS name, j.organization_id,
           CASE j.status WHEN 'todo' THEN CASE WHEN j.scheduled_at > now() THEN 'delayed' ELSE 'waiting' END
                         WHEN 'doing' THEN 'active' WHEN 'failed' THEN 'failed' WHEN 'succeeded' THEN 'completed'
                         ELSE 'cancelled' END AS status,
           j.priority, j.attempts, j.run_no, j.args AS payload, NULL::jsonb AS result, r.error_code::text AS error_code, r.error_message,
           j.queued_at, coalesce(j.scheduled_at, j.planned_at) AS scheduled_at, j.started_at,
           CASE WHEN j.status NOT IN ('todo', 'doing') THEN r.finished_at END AS finished_at, j.tags, j.unique_key, j.lock,
           j.queueing_lock, j.worker_id, j.abort_requested, j.progress, j.status AS stock_status
      FROM procrastinate_jobs j
      LEFT JOIN LATERAL (
        SELECT error_code, error_message, finished_at FROM advisorjobs_runs
         WHERE job_id = j.id AND run_no = j.run_no ORDER BY finished_at DESC LIMIT 1) r ON j.run_no > 0 OR j.status = 'failed'
    UNION ALL
    SELECT job_id, queue_name, job_name, organization_id,
           CASE status WHEN 'completed' THEN 'completed' WHEN 'cancelled' THEN 'cancelled' ELSE 'failed' END,
           NULL, attempt, run_no, input, result, error_code::text, error_message, queued_at, NULL, started_at, finished_at, tags, NULL,
           NULL, NULL, worker_id, false, NULL,
           CASE WHEN status = 'completed' THEN 'succeeded' WHEN status <> 'cancelled' THEN 'failed'
                WHEN started_at IS NULL THEN 'cancelled' ELSE 'aborted' END::procrastinate_job_status
      FROM advisorjobs_runs r
     WHERE final
       AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = r.job_id)
       AND NOT EXISTS (
           SELECT FROM advisorjobs_cleaned c
            WHERE c.queue_name IN (r.queue_name, '*') AND r.finished_at < c.before
              AND c.status = CASE WHEN r.status = 'completed' THEN 'completed' WHEN r.status <> 'cancelled' THEN 'failed'
                                  WHEN r.started_at IS NULL THEN 'cancelled' ELSE 'aborted' END);

-- One job, alive or ended; no row when there is none. status: waiting, delayed, active, completed, failed or cancelled.
-- priority: 1 (first) to 9.
DROP FUNCTION IF EXISTS get_job(bigint);
CREATE FUNCTION get_job(job_id bigint) RETURNS TABLE (
    id bigint, queue text, name text, organization_id text, status text, priority integer, attempts integer, payload jsonb,
    result jsonb, error_code text, error_message text, queued_at timestamptz, scheduled_at timestamptz, started_at timestamptz,
    finished_at timestamptz, tags text[], unique_key text, progress jsonb)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT j.id, j.queue, j.name, j.organization_id, j.status, -j.priority, j.attempts, j.payload, j.result, j.error_code,
           j.error_message, j.queued_at, j.scheduled_at, j.started_at, j.finished_at, j.tags, j.unique_key, j.progress
      FROM advisorjobs_jobs j WHERE j.id = get_job.job_id
$$;

-- Ends a job that is in one of these states: history row, the job's row (gone, or kept as "failed"), its unique key and the line of
-- its lock, together. Returns whether it did. The run number of a job that never ran is 0; the end of a job that waits for a
-- further run is a row of its own.
CREATE OR REPLACE FUNCTION advisorjobs_end(
    _id bigint, _from procrastinate_job_status[], _status advisorjobs_run_status, _code advisorjobs_error_code, _reason text,
    _keep boolean)
RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _job procrastinate_jobs;
    _runs boolean;
    _run advisorjobs_runs;
BEGIN
    IF NOT advisorjobs_hold_job(_id) THEN
        RETURN false;
    END IF;
    SELECT * INTO _job FROM procrastinate_jobs WHERE id = _id;
    IF NOT _job.status = ANY (_from) THEN
        RETURN false;
    END IF;
    _runs := _job.status = 'doing';
    INSERT INTO advisorjobs_runs (
        job_id, run_no, attempt, final, status, error_code, error_message, fingerprint, worker_id, queued_at, started_at, run_ms,
        queue_name, job_name, organization_id, input, tags, traceparent)
    VALUES (
        _id, _job.run_no + CASE WHEN _runs OR _job.run_no = 0 THEN 0 ELSE 1 END, _job.attempts, true, _status, _code, _reason,
        advisorjobs_fingerprint(NULL, _status, _code, _job.task_name, _reason), CASE WHEN _runs THEN _job.worker_id END,
        _job.queued_at, CASE WHEN _runs THEN _job.started_at END,
        CASE WHEN _runs THEN (extract(epoch FROM clock_timestamp() - _job.started_at) * 1000)::integer END, _job.queue_name,
        _job.task_name, _job.organization_id, _job.args, _job.tags, _job.traceparent)
    RETURNING * INTO _run;
    INSERT INTO advisorjobs_ended (
        runs, queue_name, job_name, worker_ids, organizations, queued_at, started_at, run_ms, statuses, finals, error_codes,
        fingerprints, job_ids, run_nos)
    VALUES (
        1, _run.queue_name, _run.job_name, ARRAY[_run.worker_id], ARRAY[_run.organization_id], ARRAY[_run.queued_at],
        ARRAY[_run.started_at], ARRAY[_run.run_ms], ARRAY[_run.status], '{true}', ARRAY[_run.error_code], ARRAY[_run.fingerprint],
        ARRAY[_id], ARRAY[_run.run_no]);
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed, failed, completed, cancelled, aborted, at)
    VALUES (
        _job.queue_name, CASE WHEN NOT _runs AND _job.scheduled_at IS NULL THEN -1 END,
        CASE WHEN NOT _runs AND _job.scheduled_at IS NOT NULL THEN -1 END, CASE WHEN _keep THEN 1 END,
        CASE WHEN _status = 'completed' THEN 1 END,
        CASE WHEN _status = 'cancelled' AND (NOT _runs OR _job.started_at IS NULL) THEN 1 END,
        CASE WHEN _status = 'cancelled' AND _runs AND _job.started_at IS NOT NULL THEN 1 END, now());
    IF _keep THEN
        UPDATE procrastinate_jobs
           SET status = 'failed', abort_requested = false, worker_id = NULL, run_token = NULL, progress = NULL, parked = NULL,
               scheduled_at = NULL, run_no = _job.run_no + CASE WHEN _runs OR _job.run_no = 0 THEN 0 ELSE 1 END
         WHERE id = _id;
    ELSE
        DELETE FROM procrastinate_jobs WHERE id = _id;
    END IF;
    IF _job.unique_key IS NOT NULL THEN
        PERFORM advisorjobs_free_keys(ARRAY[_id]);
    END IF;
    IF _job.lock IS NOT NULL THEN
        PERFORM advisorjobs_next_turns(ARRAY[_job.lock]);
    END IF;
    RETURN true;
END $$;

-- Locks a job's row, and before it the advisory lock of its job lock; false when there is no such job. A retry may change a job's
-- lock, so what was read before is compared with what is locked.
CREATE OR REPLACE FUNCTION advisorjobs_hold_job(_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _lock text;
    _now text;
BEGIN
    SELECT lock INTO _lock FROM procrastinate_jobs WHERE id = _id;
    IF FOUND AND _lock IS NOT NULL THEN
        PERFORM advisorjobs_hold_locks(ARRAY[_lock]);
    END IF;
    SELECT lock INTO _now FROM procrastinate_jobs WHERE id = _id FOR UPDATE;
    IF FOUND AND _now IS DISTINCT FROM _lock THEN
        RAISE EXCEPTION 'the lock of job % changed meanwhile: try again', _id USING ERRCODE = '40001';
    END IF;
    RETURN FOUND;
END $$;

-- Cancels a job: a waiting one leaves at once, with a history row "cancelled"; a running one is asked to stop, and its worker is told.
-- Returns whether there was something to cancel. People's cancellations are in the audit log.
DROP FUNCTION IF EXISTS cancel_job(bigint);
CREATE FUNCTION cancel_job(job_id bigint) RETURNS boolean
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT cardinality((advisorjobs_change_jobs('cancel', ARRAY[job_id])).done) = 1
$$;

-- The same, not noted: by schedules and the like.
CREATE OR REPLACE FUNCTION advisorjobs_cancel(_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RETURN advisorjobs_end(_id, '{todo}', 'cancelled', 'cancelled', NULL, false) OR advisorjobs_request_abort(_id);
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_request_abort(_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE procrastinate_jobs SET abort_requested = true WHERE id = _id AND status = 'doing';
    IF FOUND THEN
        PERFORM pg_notify('advisorjobs', 'cancel');
    END IF;
    RETURN FOUND;
END $$;

-- Brings failed jobs back, with the ids that they had; returns those that it brought. _anew: attempts start at 0. A job whose
-- unique_key has gone to another living job stays failed; one whose queueing_lock has loses its own, as at any retry.
CREATE OR REPLACE FUNCTION advisorjobs_retry(
    _ids bigint[], _at timestamptz, _anew boolean, _priority integer, _queue text, _lock text)
RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _back bigint[];
BEGIN
    SELECT array_agg(id ORDER BY id) INTO _back FROM (
        SELECT id FROM procrastinate_jobs WHERE id = ANY (_ids) AND status = 'failed' ORDER BY id FOR UPDATE) held;
    _back := advisorjobs_take_keys_again(_back);
    IF _back IS NULL THEN
        RETURN '{}';
    END IF;
    INSERT INTO advisorjobs_count_changes (queue_name, failed)
    SELECT queue_name, -count(*) FROM procrastinate_jobs WHERE id = ANY (_back) GROUP BY queue_name;
    WITH again AS (
        UPDATE procrastinate_jobs j
           SET status = 'todo', attempts = CASE WHEN _anew THEN 0 ELSE attempts END, crashes = 0, rescues = 0, parked = NULL,
               era = DEFAULT, queued_at = greatest(now(), _at), scheduled_at = CASE WHEN _at > now() THEN _at END, planned_at = _at,
               delayed_since = CASE WHEN _at > now() THEN now() END,
               priority = coalesce(_priority, priority), queue_name = coalesce(_queue, queue_name), lock = coalesce(_lock, lock),
               queueing_lock = CASE WHEN queueing_lock IS NULL OR EXISTS (
                   SELECT FROM procrastinate_jobs o WHERE o.queueing_lock = j.queueing_lock AND o.status = 'todo') THEN NULL
                   WHEN EXISTS (SELECT FROM procrastinate_jobs o WHERE o.id = ANY (_back) AND o.queueing_lock = j.queueing_lock
                                                                   AND o.id < j.id) THEN NULL
                   ELSE queueing_lock END
         WHERE id = ANY (_back) RETURNING queue_name)
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
    SELECT queue_name, CASE WHEN _at > now() THEN 0 ELSE count(*) END, CASE WHEN _at > now() THEN count(*) END
      FROM again GROUP BY queue_name;
    WITH taken_back AS (
        UPDATE advisorjobs_runs SET final = false, next_run_at = greatest(now(), _at) WHERE job_id = ANY (_back) AND final
        RETURNING finished_at, queue_name, job_name, organization_id)
    INSERT INTO advisorjobs_ended (taken_back, finished_at, runs, queue_name, job_name, organizations)
    SELECT true, min(finished_at), count(*), queue_name, job_name, array_agg(organization_id)
      FROM taken_back GROUP BY date_bin('1 hour', finished_at, '2001-01-01 00:00Z'), queue_name, job_name;
    PERFORM advisorjobs_wake();
    RETURN _back;
END $$;

-- Those of these jobs that have no unique_key, or have theirs again.
CREATE OR REPLACE FUNCTION advisorjobs_take_keys_again(_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _jobs jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('organization_id', organization_id, 'name', task_name, 'unique_key', unique_key,
                                        'drawn', id) ORDER BY id)
      INTO _jobs FROM procrastinate_jobs WHERE id = ANY (_ids) AND unique_key IS NOT NULL;
    IF _jobs IS NULL THEN
        RETURN _ids;
    END IF;
    UPDATE advisorjobs_unique_keys SET free_at = NULL WHERE job_id = ANY (_ids);
    PERFORM advisorjobs_drop_free_keys(_jobs);
    INSERT INTO advisorjobs_unique_keys (organization_id, job_name, key, job_id)
    SELECT coalesce(organization_id, ''), task_name, unique_key, id FROM procrastinate_jobs
     WHERE id = ANY (_ids) AND unique_key IS NOT NULL ORDER BY 1, 2, 3, 4
        ON CONFLICT DO NOTHING;
    RETURN (SELECT array_agg(j.id ORDER BY j.id) FROM procrastinate_jobs j
             WHERE j.id = ANY (_ids)
               AND (j.unique_key IS NULL OR EXISTS (SELECT FROM advisorjobs_unique_keys k WHERE k.job_id = j.id)));
END $$;

-- Runs a failed job again, under the id that it has, with all its attempts. False: there is no such failed job, or its unique_key
-- has gone to another living job.
DROP FUNCTION IF EXISTS retry_job(bigint);
CREATE FUNCTION retry_job(job_id bigint) RETURNS boolean
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT cardinality((advisorjobs_change_jobs('retry', ARRAY[job_id])).done) = 1
$$;
