-- procrastinate's own functions on our tables: its names and signatures, so that its apps, shell and SQL go on working, in our words:
-- what they end is in the history, and locks, keys and queues' priorities hold for them too. Its events table gets no more rows.

-- Priority 0, procrastinate's default, means the queue's own. The organization is the argument of that name, if there is one.
CREATE OR REPLACE FUNCTION procrastinate_defer_jobs_v1(jobs procrastinate_job_to_defer_v1[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    job_ids bigint[];
BEGIN
    WITH given AS MATERIALIZED (
        SELECT nextval('procrastinate_jobs_id_seq') AS id, job.*,
               coalesce((SELECT -q.priority FROM advisorjobs_queues q WHERE q.name = job.queue_name), -3) AS own_priority,
               (SELECT q.fair FROM advisorjobs_queues q WHERE q.name = job.queue_name) IS NOT FALSE AS fair,
               (SELECT t FROM job_types t WHERE t.name = job.task_name) AS type
          FROM unnest(jobs) AS job),
    inserted AS (
        INSERT INTO procrastinate_jobs (
            id, queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at, planned_at, organization_id, queued_at,
            turn, cost, limit_key, delayed_since)
        SELECT g.id, g.queue_name, g.task_name, coalesce(nullif(g.priority, 0), g.own_priority), g.lock, g.queueing_lock, g.args,
               CASE WHEN g.scheduled_at > now() THEN g.scheduled_at END, g.scheduled_at, g.args ->> 'organization_id',
               greatest(now(), g.scheduled_at), CASE WHEN g.fair THEN coalesce(g.args ->> 'organization_id', '') ELSE '' END,
               coalesce((g.type).cost, 1), advisorjobs_filled((g.type).limit_key, g.args),
               CASE WHEN g.scheduled_at > now() THEN now() END
          FROM given g),
    counted AS (
        INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
        SELECT g.queue_name, count(*) FILTER (WHERE g.scheduled_at > now() IS NOT TRUE),
               count(*) FILTER (WHERE g.scheduled_at > now())
          FROM given g GROUP BY g.queue_name)
    SELECT array_agg(id ORDER BY id) INTO job_ids FROM given;
    RETURN job_ids;
END $$;

-- Rows that are written without any function: the same rules. The condition lets no row of our functions in.
CREATE OR REPLACE FUNCTION advisorjobs_complete_insert() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    NEW.priority := coalesce(nullif(NEW.priority, 0), advisorjobs_priority_of(NEW.queue_name));
    NEW.organization_id := coalesce(NEW.organization_id, NEW.args ->> 'organization_id');
    NEW.turn := CASE WHEN (SELECT q.fair FROM advisorjobs_queues q WHERE q.name = NEW.queue_name) IS FALSE THEN ''
                     ELSE coalesce(NEW.organization_id, '') END;
    SELECT t.cost, advisorjobs_filled(t.limit_key, NEW.args) INTO NEW.cost, NEW.limit_key
      FROM (SELECT NEW.task_name AS name) this LEFT JOIN job_types t USING (name);
    NEW.cost := coalesce(NEW.cost, 1);
    NEW.planned_at := coalesce(NEW.planned_at, NEW.scheduled_at);
    NEW.queued_at := greatest(NEW.queued_at, NEW.scheduled_at);
    NEW.delayed_since := CASE WHEN NEW.scheduled_at IS NOT NULL THEN coalesce(NEW.delayed_since, now()) END;
    RETURN NEW;
END $$;

-- As in wake.sql: made only where it isn't so already.
DO $$
DECLARE
    _wanted constant text := 'CREATE TRIGGER advisorjobs_complete_insert BEFORE INSERT ON procrastinate_jobs FOR EACH ROW'
        ' WHEN (new.priority = 0 OR new.organization_id IS NULL AND new.args ? ''organization_id''::text)'
        ' EXECUTE FUNCTION advisorjobs_complete_insert()';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'procrastinate_jobs'::regclass AND tgname = 'advisorjobs_complete_insert'
                                            AND tgenabled = 'O' AND pg_get_triggerdef(oid, true) = _wanted) THEN
        DROP TRIGGER IF EXISTS advisorjobs_complete_insert ON procrastinate_jobs;
        EXECUTE _wanted;
    END IF;
END $$;

-- One job per task, id and tick, whoever defers it; an earlier tick than the last is not deferred again.
CREATE OR REPLACE FUNCTION procrastinate_defer_periodic_job_v2(
    _queue_name character varying, _lock character varying, _queueing_lock character varying, _task_name character varying,
    _priority integer, _periodic_id character varying, _defer_timestamp bigint, _args jsonb)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _job_id bigint;
    _defer_id bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(format('advisorjobs_periodic %s %s', _task_name, _periodic_id), 0));
    IF EXISTS (SELECT FROM procrastinate_periodic_defers p
                WHERE p.task_name = _task_name AND p.periodic_id = _periodic_id AND p.defer_timestamp >= _defer_timestamp) THEN
        RETURN NULL;
    END IF;
    SELECT job_id INTO _job_id FROM unnest(procrastinate_defer_jobs_v1(ARRAY[ROW(
        _queue_name, _task_name, _priority, _lock, _queueing_lock, _args, NULL)::procrastinate_job_to_defer_v1])) AS d(job_id);
    DELETE FROM procrastinate_periodic_defers p WHERE p.task_name = _task_name AND p.periodic_id = _periodic_id;
    INSERT INTO procrastinate_periodic_defers (task_name, periodic_id, defer_timestamp, job_id)
    VALUES (_task_name, _periodic_id, _defer_timestamp, _job_id);
    RETURN _job_id;
END $$;

-- procrastinate's own worker: it would run jobs without limits, fence and history.
CREATE OR REPLACE FUNCTION procrastinate_fetch_job_v2(target_queue_names character varying[], p_worker_id bigint)
RETURNS procrastinate_jobs
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'this database belongs to AdvisorJobs: procrastinate''s own worker gets no jobs here'
        USING ERRCODE = '0A000',
              HINT = 'Start the worker with PROCRASTINATE_APP=advisorjobs.app, or `advisorjobs worker`; deferring works from any app.';
END $$;

CREATE OR REPLACE FUNCTION procrastinate_finish_job_v1(job_id bigint, end_status procrastinate_job_status, delete_job boolean)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _found boolean;
BEGIN
    _found := CASE end_status
        WHEN 'succeeded' THEN advisorjobs_end(job_id, '{todo,doing}', 'completed', NULL, NULL, false)
        WHEN 'failed' THEN advisorjobs_end(job_id, '{todo,doing}', 'failed', 'internal', 'ended from outside', NOT delete_job)
        WHEN 'aborted' THEN advisorjobs_end(job_id, '{todo,doing}', 'cancelled', 'cancelled', 'ended from outside', false)
    END;
    IF _found IS NULL THEN
        RAISE 'End status should be either "succeeded", "failed" or "aborted" (job id: %)', job_id;
    ELSIF NOT _found THEN
        RAISE 'Job was not found or not in "doing" or "todo" status (job id: %)', job_id;
    END IF;
END $$;

CREATE OR REPLACE FUNCTION procrastinate_cancel_job_v1(job_id bigint, abort boolean, delete_job boolean) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF advisorjobs_end(job_id, '{todo}', 'cancelled', 'cancelled', NULL, false)
       OR (abort AND advisorjobs_request_abort(job_id)) THEN
        RETURN job_id;
    END IF;
    RETURN NULL;
END $$;

-- A running job goes back, its run ended as "retrying" (or as failed, where its abortion was asked for); attempts go on counting.
CREATE OR REPLACE FUNCTION procrastinate_retry_job_v1(
    job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying,
    new_lock character varying)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _job procrastinate_jobs;
    _final boolean;
BEGIN
    IF advisorjobs_hold_job(job_id) THEN
        UPDATE procrastinate_jobs j SET run_token = coalesce(run_token, gen_random_uuid())
         WHERE j.id = job_id AND status = 'doing' RETURNING * INTO _job;
    END IF;
    IF _job.id IS NULL THEN
        RAISE 'Job was not found or not in "doing" status (job id: %)', job_id;
    END IF;
    _final := _job.abort_requested;
    PERFORM advisorjobs_settle(jsonb_build_array(jsonb_build_object(
        'id', job_id, 'run_no', _job.run_no, 'token', _job.run_token, 'status', CASE WHEN _final THEN 'failed' ELSE 'retrying' END,
        'final', _final, 'error_code', CASE WHEN _final THEN 'cancelled' END, 'error_message', 'given back from outside',
        'delay', greatest(0, extract(epoch FROM retry_at - now())), 'priority', new_priority, 'queue', new_queue_name,
        'lock', new_lock)));
END $$;

-- As v1, and failed jobs too.
CREATE OR REPLACE FUNCTION procrastinate_retry_job_v2(
    job_id bigint, retry_at timestamp with time zone, new_priority integer, new_queue_name character varying,
    new_lock character varying)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = job_id AND status = 'doing') THEN
        PERFORM procrastinate_retry_job_v1(job_id, retry_at, new_priority, new_queue_name, new_lock);
    ELSIF cardinality(advisorjobs_retry(ARRAY[job_id], retry_at, false, new_priority, new_queue_name, new_lock)) = 0 THEN
        RAISE 'Job was not found or has an invalid status to retry (job id: %)', job_id;
    END IF;
END $$;

-- Workers of procrastinate's own, which may go on saying that they live. Their numbers are negative, so that none is taken for one of
-- ours; what is left of earlier ones goes.
DELETE FROM procrastinate_workers WHERE id > 0;
CREATE OR REPLACE FUNCTION procrastinate_register_worker_v1() RETURNS TABLE (worker_id bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY
        INSERT INTO procrastinate_workers (id) OVERRIDING SYSTEM VALUE
        VALUES (-nextval(pg_get_serial_sequence('procrastinate_workers', 'id')))
        RETURNING procrastinate_workers.id;
END $$;
