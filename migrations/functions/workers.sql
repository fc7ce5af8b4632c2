-- Processes that work: register, renew the lease, leave; and the rescue of what a silent process held.
-- All times are the database's. A worker is named by its id and its random token.

-- _host, _pid, _version: where it is and what it runs, for people to read; programs of before don't say so.
DROP FUNCTION IF EXISTS advisorjobs_register(uuid, text, text[], integer[], text[], double precision);
CREATE OR REPLACE FUNCTION advisorjobs_register(
    _token uuid, _name text, _queues text[], _slots integer[], _names text[], _lease double precision,
    _host text DEFAULT NULL, _pid integer DEFAULT NULL, _version text DEFAULT NULL)
RETURNS bigint
LANGUAGE sql SET search_path FROM CURRENT AS $$
    INSERT INTO advisorjobs_workers (token, name, queues, slots, job_names, lease, expires_at, host, pid, version)
    VALUES (_token, _name, _queues, _slots, _names, make_interval(secs => _lease), now() + make_interval(secs => _lease),
            _host, _pid, _version)
    RETURNING id
$$;

-- Renews the lease. alive = false: the lease had run out or was taken; the caller owns nothing any more. last_beat: when it was
-- renewed before. Touches no other table, so that nobody's lock on the jobs can cost a worker its lease. _memory, _cpu, _stopping: see
-- migrations/0170_inspector.sql.
DROP FUNCTION IF EXISTS advisorjobs_beat(bigint, uuid, uuid[]);
DROP FUNCTION IF EXISTS advisorjobs_beat(bigint, uuid);
CREATE OR REPLACE FUNCTION advisorjobs_beat(
    _worker bigint, _token uuid, _memory bigint DEFAULT NULL, _cpu double precision DEFAULT NULL, _stopping boolean DEFAULT false,
    OUT alive boolean, OUT last_beat timestamptz)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE advisorjobs_workers w
       SET beat_at = clock_timestamp(), expires_at = clock_timestamp() + w.lease, memory = _memory, cpu = _cpu, stopping = _stopping
      FROM (SELECT id, beat_at FROM advisorjobs_workers WHERE id = _worker FOR NO KEY UPDATE) AS last
     WHERE w.id = last.id AND w.token = _token AND w.stopped_at IS NULL AND w.expires_at > clock_timestamp()
    RETURNING last.beat_at INTO last_beat;
    alive := FOUND;
END $$;

-- Compares what this worker holds with what it knows of. Runs that are its own in the database, but of a claim that it neither
-- knows nor waits for (_claims: the tokens of all claims that it holds runs of or that are still unanswered), were claimed by a
-- request whose answer was lost. They go back, attempt not charged; only those from before the last beat (_before), as a
-- claim that was begun after _claims was read may commit before this looks. aborts: running jobs whose cancellation was
-- asked for. It waits for no lock for long: the next renewal is due soon.
CREATE OR REPLACE FUNCTION advisorjobs_reconcile(
    _worker bigint, _claims uuid[], _before timestamptz, OUT released bigint[], OUT aborts bigint[])
LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off SET lock_timeout = '100ms'
AS $$
BEGIN
    released := advisorjobs_settle(lost.runs) FROM (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'run_no', run_no, 'token', run_token, 'status', 'released',
               'final', false, 'attempt_back', true)) AS runs
          FROM procrastinate_jobs
         WHERE worker_id = _worker AND status = 'doing' AND run_token <> ALL (_claims) AND started_at < _before) lost
     WHERE lost.runs IS NOT NULL;
    aborts := ARRAY(SELECT id FROM procrastinate_jobs WHERE worker_id = _worker AND status = 'doing' AND abort_requested);
END $$;

-- Running jobs of this worker that somebody asked to cancel.
CREATE OR REPLACE FUNCTION advisorjobs_aborts(_worker bigint) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN ARRAY(SELECT id FROM procrastinate_jobs WHERE worker_id = _worker AND status = 'doing' AND abort_requested);
END $$;

-- Says whether this worker is idle: see wake.sql.
CREATE OR REPLACE FUNCTION advisorjobs_set_waiting(_worker bigint, _waiting boolean) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE advisorjobs_workers SET waiting = _waiting WHERE id = _worker AND stopped_at IS NULL;
END $$;

-- Gives back all that a worker still holds, attempts not charged, except _but; returns how many. For a process about to end.
CREATE OR REPLACE FUNCTION advisorjobs_hand_back(_worker bigint, _token uuid, _but bigint[]) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _runs jsonb;
BEGIN
    SELECT jsonb_agg(jsonb_build_object('id', j.id, 'run_no', j.run_no, 'token', j.run_token, 'status', 'released',
           'final', false, 'attempt_back', true)) INTO _runs
      FROM procrastinate_jobs j JOIN advisorjobs_workers w ON w.id = j.worker_id AND w.token = _token
     WHERE j.worker_id = _worker AND j.status = 'doing' AND j.id <> ALL (_but);
    RETURN CASE WHEN _runs IS NULL THEN 0 ELSE cardinality(advisorjobs_settle(_runs)) END;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_leave(_worker bigint, _token uuid) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM advisorjobs_hand_back(_worker, _token, '{}');
    UPDATE advisorjobs_workers SET stopped_at = now(), waiting = false WHERE id = _worker AND token = _token;
END $$;

-- The rescue: takes back what silent processes held, at most _most runs a call; returns how many it took.
--
-- What a dead process held goes back with its attempt returned, as a suspect: its next run is alone in a child process, whose
-- own death is charged to it and to nobody else. Which of its runs had started can't be known here, so all are
-- suspects. A job that was returned ten times in a row ends as failed, code crashed.
-- Worker rows are locked with SKIP LOCKED: two rescuers share the work.
CREATE OR REPLACE FUNCTION advisorjobs_rescue(_most integer) RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _dead bigint[];
    _runs jsonb;
BEGIN
    SELECT array_agg(id) INTO _dead FROM (
        SELECT id FROM advisorjobs_workers
         WHERE id = ANY (ARRAY(
                   SELECT id FROM advisorjobs_workers WHERE stopped_at IS NULL
                   UNION ALL SELECT id FROM advisorjobs_workers WHERE stopped_at > now() - interval '1 minute'))
           AND (stopped_at IS NULL AND expires_at < clock_timestamp() OR stopped_at > clock_timestamp() - interval '1 minute')
         ORDER BY id LIMIT 200 FOR NO KEY UPDATE SKIP LOCKED) w;
    IF _dead IS NOT NULL THEN
        UPDATE advisorjobs_workers SET waiting = false WHERE id = ANY (_dead) AND waiting;
    END IF;
    SELECT jsonb_agg(jsonb_build_object(
               'id', id, 'run_no', run_no, 'token', run_token, 'status', 'crashed', 'error_code', 'crashed',
               'error_message', 'the worker process that ran it died or lost its connection',
               'final', rescues >= 9, 'attempt_back', rescues < 9, 'rescues', rescues + 1)) INTO _runs
      FROM (SELECT j.id, j.run_no, j.run_token, j.rescues FROM procrastinate_jobs j
             WHERE j.status = 'doing' AND j.worker_id = ANY (_dead) ORDER BY j.worker_id, j.id LIMIT _most) held;
    IF _runs IS NOT NULL THEN
        RETURN cardinality(advisorjobs_settle(_runs));
    END IF;
    -- a minute's grace, so that a claim that was under way when the lease ran out, or when the worker left, is found by a later call
    UPDATE advisorjobs_workers SET stopped_at = now()
     WHERE id = ANY (_dead) AND stopped_at IS NULL AND expires_at < clock_timestamp() - interval '1 minute';
    DELETE FROM advisorjobs_workers WHERE stopped_at < now() - interval '90 days';
    RETURN 0;
END $$;

-- Jobs that are "doing" for nobody: a stock worker's from before a take-over, or a worker row that was deleted by hand. Walks the
-- index of running jobs; called once at a worker's start and then every few minutes.
CREATE OR REPLACE FUNCTION advisorjobs_rescue_orphans() RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _runs jsonb;
BEGIN
    UPDATE procrastinate_jobs j SET run_token = gen_random_uuid(), started_at = coalesce(started_at, now())
     WHERE j.status = 'doing' AND j.run_token IS NULL;
    SELECT jsonb_agg(jsonb_build_object(
               'id', id, 'run_no', run_no, 'token', run_token, 'status', 'crashed', 'error_code', 'crashed',
               'error_message', 'the worker process that ran it is gone',
               'final', rescues >= 9, 'attempt_back', rescues < 9, 'rescues', rescues + 1)) INTO _runs
      FROM (SELECT j.id, j.run_no, j.run_token, j.rescues FROM procrastinate_jobs j
             WHERE j.status = 'doing' AND NOT EXISTS (
                   SELECT FROM advisorjobs_workers w WHERE w.id = j.worker_id AND w.stopped_at IS NULL)
             ORDER BY j.worker_id, j.id LIMIT 1000) held;
    RETURN CASE WHEN _runs IS NULL THEN 0 ELSE cardinality(advisorjobs_settle(_runs)) END;
END $$;

-- Brings back the head of each line whose turn it is and that is parked all the same: the job before it was deleted by hand, or
-- ended by a transaction whose snapshot (REPEATABLE READ) was older than the parking. Returns how many. A loose scan of
-- advisorjobs_lock_idx, a few probes per line; called with the orphans. One brought back too many is parked again.
CREATE OR REPLACE FUNCTION advisorjobs_revive_lines() RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    _count integer;
BEGIN
    WITH RECURSIVE line AS (
        (SELECT lock FROM procrastinate_jobs
          WHERE lock IS NOT NULL AND status = 'todo' AND scheduled_at IS NULL ORDER BY lock LIMIT 1)
        UNION ALL
        SELECT (SELECT j.lock FROM procrastinate_jobs j
                 WHERE j.lock > line.lock AND j.lock IS NOT NULL AND j.status = 'todo' AND j.scheduled_at IS NULL
                 ORDER BY j.lock LIMIT 1)
          FROM line WHERE line.lock IS NOT NULL)
    UPDATE procrastinate_jobs SET parked = NULL, era = DEFAULT WHERE parked = 'lock' AND id = ANY (ARRAY(
        SELECT head.id FROM line CROSS JOIN LATERAL (
            SELECT j.id, j.parked FROM procrastinate_jobs j
             WHERE j.lock = line.lock AND j.lock IS NOT NULL AND j.status = 'todo' AND j.scheduled_at IS NULL
             ORDER BY j.priority DESC, j.id LIMIT 1) head
         WHERE head.parked = 'lock'
           AND NOT EXISTS (SELECT FROM procrastinate_jobs d WHERE d.lock = line.lock AND d.status = 'doing')));
    GET DIAGNOSTICS _count = ROW_COUNT;
    IF _count > 0 THEN
        PERFORM advisorjobs_wake();
    END IF;
    RETURN _count;
END $$;

-- A part of history is written once and then only read, until it is dropped. So it is vacuumed for its inserts, a twentieth of it at
-- a time, and its rows are frozen then and there: no vacuum against wraparound reads fifty million rows again years later.
CREATE OR REPLACE FUNCTION advisorjobs_tune_history(_part regclass) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format(
        'ALTER TABLE %s SET (
            autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0.05,
            autovacuum_freeze_min_age = 0, autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.05,
            toast.autovacuum_vacuum_insert_threshold = 100000, toast.autovacuum_vacuum_insert_scale_factor = 0.05,
            toast.autovacuum_freeze_min_age = 0)', _part);
END $$;

-- History's partitions for this month and the next _months. Rows that came before their month's partition go there now.
CREATE OR REPLACE FUNCTION advisorjobs_create_partitions(_months integer) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _month timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    _name text;
BEGIN
    FOR _ahead IN 0 .. _months LOOP
        _name := 'advisorjobs_runs_' || to_char(_month, 'YYYY_MM');
        IF to_regclass(_name) IS NULL THEN
            PERFORM pg_advisory_xact_lock(hashtextextended('advisorjobs_create_partitions', 0));
            IF to_regclass(_name) IS NULL THEN
                -- whoever writes history now holds the table; whoever comes waits here, before it chooses a partition
                LOCK TABLE advisorjobs_runs IN SHARE ROW EXCLUSIVE MODE;
                EXECUTE format('CREATE TABLE %I (LIKE advisorjobs_runs INCLUDING ALL)', _name);
                PERFORM advisorjobs_tune_history(_name::regclass);
                EXECUTE format(
                    'WITH early AS (DELETE FROM advisorjobs_runs_default WHERE finished_at >= %L AND finished_at < %L RETURNING *)
                     INSERT INTO %I SELECT * FROM early',
                    _month AT TIME ZONE 'UTC', (_month + interval '1 month') AT TIME ZONE 'UTC', _name);
                EXECUTE format('ALTER TABLE advisorjobs_runs ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                    _name, _month AT TIME ZONE 'UTC', (_month + interval '1 month') AT TIME ZONE 'UTC');
            END IF;
        END IF;
        _month := _month + interval '1 month';
    END LOOP;
END $$;
SELECT advisorjobs_tune_history(inhrelid) FROM pg_inherits WHERE inhparent = 'advisorjobs_runs'::regclass;
SELECT advisorjobs_create_partitions(2);
