-- The claim: takes work for all free slots of one worker process in one round trip.
--
-- A function, because its steps need a snapshot each (READ COMMITTED gives one to every statement inside a function), and
-- because its plans then hold behind a pooler without prepared statements. The planner's other choices are switched off for
-- its duration: with stale statistics or a fresh server it would else read the whole table (enable_* = off).
--
-- LOCK ORDER, everywhere: advisory locks of job locks first, in hash order; then job rows, in id order. A claim takes rows with
-- SKIP LOCKED and advisory locks by TRY, so it never waits. A completion waits only for advisory locks (held for the moment
-- of a claim or of another completion) and for rows that its own worker holds. So nothing can wait in a circle.
--
-- FENCE: a claim gives each run the next number of its job and a random token drawn by the caller for this one claim. Every later
-- write names both. A number alone can be given out twice when a commit is lost in a failover; the token tells the two apart,
-- and lets a heartbeat find what was claimed by a request whose answer never arrived.

-- Ready jobs that are due. One index probe when nothing is due.
CREATE OR REPLACE FUNCTION advisorjobs_promote(_most integer) RETURNS integer
LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off
AS $$
DECLARE
    _ids bigint[];
BEGIN
    SELECT array_agg(id ORDER BY id) INTO _ids FROM (
        SELECT id FROM procrastinate_jobs
         WHERE status = 'todo' AND scheduled_at IS NOT NULL AND scheduled_at <= now()
         ORDER BY scheduled_at LIMIT _most
           FOR NO KEY UPDATE SKIP LOCKED) due;
    IF _ids IS NULL THEN
        RETURN 0;
    END IF;
    UPDATE procrastinate_jobs SET planned_at = scheduled_at, queued_at = scheduled_at, scheduled_at = NULL
     WHERE id = ANY (_ids);
    RETURN cardinality(_ids);
END $$;

-- Seconds until the next delayed job of any queue is due; NULL when there is none. For an idle worker's sleep.
CREATE OR REPLACE FUNCTION advisorjobs_next_due() RETURNS double precision
LANGUAGE sql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
    SELECT extract(epoch FROM scheduled_at - clock_timestamp()) FROM procrastinate_jobs
     WHERE status = 'todo' AND scheduled_at IS NOT NULL ORDER BY scheduled_at LIMIT 1
$$;

-- Which of these jobs, each with a lock, may run: the first of its lock by priority and id, while none of it runs. Returns
-- those; the others of a lock whose turn it is not leave the ready index (the end of the job before them brings them back), so
-- that a hundred thousand jobs behind one key are read once.
--
-- The decision is made under a transaction-level advisory lock per job lock, in statements of their own: their snapshot sees what
-- the last holder committed, so two jobs of one lock can neither run together nor overtake each other, and a job can't be
-- parked just after the completion that would have brought it back. A lock that is being decided elsewhere is left for the
-- next claim.
CREATE OR REPLACE FUNCTION advisorjobs_take_turns(_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
DECLARE
    _locks text[];
    _heads bigint[];
BEGIN
    SELECT array_agg(lock) INTO _locks FROM (
        SELECT DISTINCT lock, hashtextextended(lock, 0) AS hash FROM procrastinate_jobs WHERE id = ANY (_ids)
         ORDER BY hash) l
     WHERE pg_try_advisory_xact_lock(hash);
    IF _locks IS NULL THEN
        RETURN '{}';
    END IF;
    SELECT array_agg(head.id) INTO _heads
      FROM unnest(_locks) AS l(lock)
     CROSS JOIN LATERAL (
        SELECT id FROM procrastinate_jobs j
         WHERE j.lock = l.lock AND j.status = 'todo' AND j.scheduled_at IS NULL
         ORDER BY j.priority DESC, j.id LIMIT 1) head
     WHERE head.id = ANY (_ids)
       AND NOT EXISTS (SELECT FROM procrastinate_jobs d WHERE d.lock = l.lock AND d.status = 'doing');
    -- The head of a line that nobody works is never parked, be it ours or not: nobody would bring it back. It is looked up
    -- again here, as a job that came in since then may stand before it.
    UPDATE procrastinate_jobs SET parked = 'lock' WHERE id = ANY (ARRAY(
        SELECT behind.id FROM unnest(_locks) AS l(lock)
         CROSS JOIN LATERAL (
            SELECT j.id FROM procrastinate_jobs j
             WHERE j.lock = l.lock AND j.lock IS NOT NULL AND j.status = 'todo' AND j.scheduled_at IS NULL
             ORDER BY j.priority DESC, j.id LIMIT 1) head
         CROSS JOIN LATERAL (
            SELECT j.id FROM procrastinate_jobs j
             WHERE j.lock = l.lock AND j.lock IS NOT NULL AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
               AND NOT j.id = ANY (coalesce(_heads, '{}'))
               AND (j.id <> head.id OR EXISTS (SELECT FROM procrastinate_jobs d WHERE d.lock = l.lock AND d.status = 'doing'))
             ORDER BY j.priority DESC, j.id LIMIT 2000
               FOR NO KEY UPDATE SKIP LOCKED) behind));
    RETURN coalesce(_heads, '{}');
END $$;

-- After a job with one of these locks has left "doing" (or the head of its line): brings the next of each line back into the
-- ready index. The caller holds the locks' advisory locks since before it changed the job.
CREATE OR REPLACE FUNCTION advisorjobs_next_turns(_locks text[]) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    UPDATE procrastinate_jobs SET parked = NULL WHERE parked = 'lock' AND id = ANY (ARRAY(
        SELECT head.id FROM unnest(_locks) AS l(lock)
         CROSS JOIN LATERAL (
            SELECT id FROM procrastinate_jobs j
             WHERE j.lock = l.lock AND j.lock IS NOT NULL AND j.status = 'todo' AND j.scheduled_at IS NULL
             ORDER BY j.priority DESC, j.id LIMIT 1) head
         ORDER BY head.id));
    IF FOUND THEN
        PERFORM advisorjobs_wake();
    END IF;
END $$;

-- Takes the advisory locks of these job locks, in hash order.
CREATE OR REPLACE FUNCTION advisorjobs_hold_locks(_locks text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hash) FROM (
        SELECT DISTINCT hashtextextended(lock, 0) AS hash FROM unnest(_locks) AS l(lock) WHERE lock IS NOT NULL ORDER BY hash) h;
END $$;

-- Takes up to _free[i] jobs of _queues[i] for each i, for a worker that knows the jobs of _names.
--
-- Step 1 walks, for each queue, its own part of advisorjobs_ready_idx from the front and stops at the limit. LATERAL, so that the
-- only plan is one ordered index scan per queue: other queues' backlogs, delayed and parked jobs are not in the part that is
-- read. The ids go into arrays first: a LIMIT joined to an UPDATE may be evaluated twice.
-- Step 2 sets aside, two thousand at a time, jobs of a name that this worker doesn't know; no claim reads them again. A worker that
-- knows the name takes them from advisorjobs_unknown_idx (_look_aside: the caller looks there about once a second, and again
-- while it finds something), so old and new workers side by side don't toss them to and fro.
-- Step 3 decides about jobs with a lock. When steps 2 or 3 left slots empty, the walk is repeated, at most three times.
--
-- Returns the jobs in no particular order.
DROP FUNCTION IF EXISTS advisorjobs_claim(bigint, uuid, text[], integer[], text[], boolean);
CREATE FUNCTION advisorjobs_claim(
    _worker bigint, _token uuid, _queues text[], _free integer[], _names text[], _look_aside boolean)
RETURNS TABLE (
    id bigint, queue_name text, task_name text, priority integer, lock text, queueing_lock text, args jsonb,
    planned_at timestamptz, attempt integer, run_no integer, crashes integer, suspect boolean, organization_id text, tags text[])
LANGUAGE plpgsql ROWS 100
SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _taken bigint[] := '{}';
    _left integer[] := _free;
    _plain bigint[];
    _locked bigint[];
    _strange boolean;
BEGIN
    IF NOT EXISTS (SELECT FROM advisorjobs_workers w
                    WHERE w.id = _worker AND w.stopped_at IS NULL AND w.expires_at > clock_timestamp()) THEN
        RAISE EXCEPTION 'the lease of worker % has run out', _worker USING ERRCODE = 'AJ001';
    END IF;
    PERFORM advisorjobs_promote(1000);
    IF _look_aside AND EXISTS (SELECT FROM procrastinate_jobs j WHERE j.status = 'todo' AND j.parked = 'unknown_job') THEN
        SELECT coalesce(array_agg(c.id) FILTER (WHERE c.lock IS NULL), '{}'), array_agg(c.id) FILTER (WHERE c.lock IS NOT NULL)
          INTO _taken, _locked
          FROM unnest(_queues, _free) AS q(name, free)
         CROSS JOIN LATERAL (
            SELECT p.id, p.lock FROM unnest(_names) AS n(name) CROSS JOIN LATERAL (
                SELECT j.id, j.lock FROM procrastinate_jobs j
                 WHERE j.queue_name = q.name AND j.task_name = n.name AND j.status = 'todo' AND j.parked = 'unknown_job'
                   AND j.scheduled_at IS NULL
                 ORDER BY j.priority DESC, j.id LIMIT q.free
                   FOR NO KEY UPDATE SKIP LOCKED) p
             LIMIT q.free) c;
        IF _locked IS NOT NULL THEN
            _taken := _taken || advisorjobs_take_turns(_locked);
        END IF;
    END IF;
    FOR _round IN 1 .. 3 LOOP
        IF cardinality(_taken) > 0 THEN
            -- what is taken already is marked, so that the walk passes over it, and its slots are no longer free
            UPDATE procrastinate_jobs j SET status = 'doing', parked = NULL WHERE j.id = ANY (_taken) AND j.status = 'todo';
            _left := ARRAY(
                SELECT q.free - (SELECT count(*)::integer FROM procrastinate_jobs j
                                  WHERE j.id = ANY (_taken) AND j.queue_name = q.name)
                  FROM unnest(_queues, _free) WITH ORDINALITY AS q(name, free, place) ORDER BY q.place);
        END IF;
        SELECT array_agg(c.id) FILTER (WHERE c.known AND c.lock IS NULL),
               array_agg(c.id) FILTER (WHERE c.known AND c.lock IS NOT NULL), bool_or(NOT c.known)
          INTO _plain, _locked, _strange
          FROM unnest(_queues, _left) AS q(name, free)
         CROSS JOIN LATERAL (
            SELECT j.id, j.lock, j.task_name = ANY (_names) AS known FROM procrastinate_jobs j
             WHERE j.queue_name = q.name AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
             ORDER BY j.priority DESC, j.id LIMIT greatest(0, q.free)
               FOR NO KEY UPDATE SKIP LOCKED) c;
        _taken := _taken || coalesce(_plain, '{}');
        IF _locked IS NULL AND _strange IS NOT TRUE THEN
            EXIT;
        END IF;
        IF _locked IS NOT NULL THEN
            _taken := _taken || advisorjobs_take_turns(_locked);
        END IF;
        IF _strange THEN
            UPDATE procrastinate_jobs j SET parked = 'unknown_job' WHERE j.id = ANY (ARRAY(
                SELECT c.id FROM unnest(_queues) AS q(name) CROSS JOIN LATERAL (
                    SELECT s.id, s.task_name FROM procrastinate_jobs s
                     WHERE s.queue_name = q.name AND s.status = 'todo' AND s.scheduled_at IS NULL AND s.parked IS NULL
                     ORDER BY s.priority DESC, s.id LIMIT 2000
                       FOR NO KEY UPDATE SKIP LOCKED) c
                 WHERE NOT c.task_name = ANY (_names)));
        END IF;
    END LOOP;
    IF cardinality(_taken) = 0 THEN
        RETURN;
    END IF;
    RETURN QUERY
        UPDATE procrastinate_jobs j
           SET status = 'doing', parked = NULL, worker_id = _worker, attempts = j.attempts + 1, run_no = j.run_no + 1,
               run_token = _token, started_at = now()
         WHERE j.id = ANY (_taken)
        RETURNING j.id, j.queue_name::text, j.task_name::text, j.priority, j.lock, j.queueing_lock, j.args, j.planned_at,
                  j.attempts, j.run_no, j.crashes::integer, j.crashes > 0 OR j.rescues > 0, j.organization_id, j.tags;
END $$;
