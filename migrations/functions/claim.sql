-- The claim: takes work for all free slots of one worker process in one round trip.
--
-- A function, because its steps need a snapshot each (READ COMMITTED gives one to every statement inside a function), and
-- because its plans then hold behind a pooler without prepared statements. The planner's other choices are switched off for
-- its duration: with stale statistics or a fresh server it would else read the whole table (enable_* = off).
--
-- LOCK ORDER, everywhere: advisory locks of job locks first, in hash order; then job rows, in id order; then advisory locks of
-- keys, in hash order; then rows of keys and at last of queues, by name. A claim takes rows of jobs and keys with SKIP LOCKED and advisory locks by TRY; it waits for one
-- thing only, the row of a queue with limits, which whoever holds it holds last. A completion waits for advisory locks
-- (held for the moment of a claim or of another completion) and for rows that its own worker holds. So
-- nothing can wait in a circle.
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
    WITH due AS (
        UPDATE procrastinate_jobs SET planned_at = scheduled_at, queued_at = scheduled_at, scheduled_at = NULL,
               era = DEFAULT
         WHERE id = ANY (_ids) RETURNING queue_name)
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
    SELECT queue_name, count(*), -count(*) FROM due GROUP BY queue_name;
    RETURN cardinality(_ids);
END $$;

-- Seconds until something may become ready by itself: the next delayed job of any queue, or jobs behind a key; NULL when there is
-- nothing. For an idle worker's sleep.
CREATE OR REPLACE FUNCTION advisorjobs_next_due() RETURNS double precision
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off
AS $$
BEGIN
    RETURN extract(epoch FROM least(
        (SELECT scheduled_at FROM procrastinate_jobs
          WHERE status = 'todo' AND scheduled_at IS NOT NULL ORDER BY scheduled_at LIMIT 1),
        (SELECT wake_at FROM advisorjobs_keys WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1)) - clock_timestamp());
END $$;

-- Which of these jobs may run: those without a lock, and the first of each lock by priority and id, while none of it runs. Returns
-- them; the others of a lock whose turn it is not leave the ready index (the end of the job before them brings them back), so
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
    _free bigint[] := ARRAY(SELECT id FROM procrastinate_jobs WHERE id = ANY (_ids) AND lock IS NULL);
    _locks text[];
    _heads bigint[];
BEGIN
    SELECT array_agg(lock) INTO _locks FROM (
        SELECT DISTINCT lock, hashtextextended(lock, 0) AS hash FROM procrastinate_jobs WHERE id = ANY (_ids)
         ORDER BY hash) l
     WHERE pg_try_advisory_xact_lock(hash);
    IF _locks IS NULL THEN
        RETURN _free;
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
             WHERE j.lock BETWEEN l.lock AND l.lock AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
               AND NOT j.id = ANY (coalesce(_heads, '{}'))
               AND (j.id <> head.id OR EXISTS (SELECT FROM procrastinate_jobs d WHERE d.lock = l.lock AND d.status = 'doing'))
             ORDER BY j.lock, j.id LIMIT greatest(2, 300 / cardinality(_locks))
               FOR NO KEY UPDATE SKIP LOCKED) behind));
    RETURN _free || _heads;
END $$;

-- After a job with one of these locks has left "doing" (or the head of its line): brings the next of each line back into the
-- ready index. The caller holds the locks' advisory locks since before it changed the job.
CREATE OR REPLACE FUNCTION advisorjobs_next_turns(_locks text[]) RETURNS void
LANGUAGE plpgsql
SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
AS $$
BEGIN
    UPDATE procrastinate_jobs SET parked = NULL, era = DEFAULT WHERE parked = 'lock' AND id = ANY (ARRAY(
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
-- Each queue that has ready jobs is visited, in the order of the names: its limits say how many may start (limits.sql), then its part of
-- advisorjobs_ready_idx is walked by priority and, inside a priority, by turns (turns.sql). Other queues' backlogs, delayed and
-- parked jobs are not in the part that is read. Ids go into arrays first: a LIMIT joined to an UPDATE may be evaluated twice.
-- Jobs with a lock or a key are decided about next. What then leaves the ready index, three hundred jobs at a time, is read by no
-- later claim: those behind a lock or a key, and those of names that this worker doesn't know. Where that left slots empty the
-- visit is repeated, three rounds in all, of the same queues (another one's lock would come out of order), and then at once by the
-- next claim (opens_in 0), so that a claim stays short whatever fills the head. A worker that knows the name of parked jobs brings
-- them back (_look_aside: the caller looks there about once a second, and again while it finds something), so old and new
-- workers don't toss them to and fro.
--
-- AGEING: _aged[i] of a queue's jobs are taken from its lower priorities, if it has any, each time from the next lower one than the
-- last time, and round. The caller gives one start in ten to them. So with n lower priorities waiting, each of them gets one
-- start in 10·n of its queue by this worker, however many jobs of a higher one come in: its k-th job in line starts after at most
-- 10·n·k starts, and the jobs that came by the same claim, which start by priority (the free slots and a prefetch of 400 at most).
--
-- ALONE: where a queue has a single ready job, no turns are to be taken; if no rule, lock or key bears on it, it is taken by its id. So
-- an idle worker picks up a job for half of what the visit would cost it.
--
-- PLANS: made once and for any parameters (force_generic_plan); planning would cost more than an empty claim.
--
-- Returns the jobs in no particular order; then, with NULL for an id, a row for each queue that was visited: the cursors of its
-- turns and its ageing, which the worker's next claim of it brings along; start_within, the seconds for which the grants are good
-- (NULL: for ever); opens_in, seconds until it may start more (NULL: not a matter of time); whether a limit is near; and whether it is
-- closed: until then nothing of it starts, while else only some organizations wait; fair: its organizations take turns. Whoever calls
-- it names the columns that it reads, so that a further one breaks no worker of the version before (released.sql).
DROP FUNCTION IF EXISTS advisorjobs_claim(bigint, uuid, text[], integer[], text[], boolean);
CREATE OR REPLACE FUNCTION advisorjobs_claim_jobs(
    _worker bigint, _token uuid, _queues text[], _free integer[], _names text[], _look_aside boolean,
    _cursors text[], _aged integer[])
RETURNS TABLE (
    id bigint, queue_name text, task_name text, priority integer, lock text, queueing_lock text, args jsonb,
    planned_at timestamptz, attempt integer, run_no integer, crashes integer, suspect boolean, organization_id text, tags text[],
    traceparent text,
    cursor text, start_within double precision, opens_in double precision, limited boolean, closed boolean, fair boolean)
LANGUAGE plpgsql ROWS 100
SET search_path FROM CURRENT
SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off
SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
    _taken bigint[] := '{}';
    _left integer[] := _free;
    _within double precision[] := array_fill(NULL::double precision, ARRAY[cardinality(_queues)]);
    _opens double precision[] := _within;
    _limited boolean[] := array_fill(NULL::boolean, ARRAY[cardinality(_queues)]);
    _closed boolean[] := _limited;
    _again boolean;
    _state record;
    _lone bigint;
    _next record;
    _visit record;
BEGIN
    SELECT EXISTS (SELECT FROM advisorjobs_workers w
                    WHERE w.id = _worker AND w.stopped_at IS NULL AND w.expires_at > clock_timestamp()) AS alive,
           EXISTS (SELECT FROM procrastinate_jobs j
                    WHERE j.status = 'todo' AND j.scheduled_at IS NOT NULL AND j.scheduled_at <= now()) AS due,
           EXISTS (SELECT FROM advisorjobs_keys k WHERE k.wake_at <= now()) AS waking
      INTO _state;
    IF NOT _state.alive THEN
        RAISE EXCEPTION 'the lease of worker % has run out', _worker USING ERRCODE = 'AJ001';
    END IF;
    IF _state.due THEN  -- no more than it can use
        PERFORM advisorjobs_promote(least(1000, greatest(50, (SELECT sum(f) FROM unnest(_free) AS f)))::integer);
    END IF;
    IF _state.waking THEN
        PERFORM advisorjobs_wake_keys();
    END IF;
    IF _look_aside THEN
        PERFORM advisorjobs_bring_back(_queues, _free, _names);
    END IF;
    FOR _round IN 1 .. 3 LOOP
        _again := false;
        FOR _next IN
            SELECT q.name, q.free, q.place::integer, top.priorities[1] AS priority, top.turns[1] AS turn,
                   CASE WHEN cardinality(top.ids) = 1 THEN top.ids[1] END AS lone
              FROM unnest(_queues, _left) WITH ORDINALITY AS q(name, free, place)
             CROSS JOIN LATERAL (
                SELECT array_agg(t.priority) AS priorities, array_agg(t.turn) AS turns, array_agg(t.id) AS ids FROM (
                    SELECT j.priority, j.turn, j.id FROM procrastinate_jobs j
                     WHERE j.era = _era AND j.queue_name = q.name AND j.status = 'todo' AND j.scheduled_at IS NULL
                       AND j.parked IS NULL
                     ORDER BY j.priority DESC, j.turn, j.id LIMIT 2) t) top
             WHERE q.free > 0 AND top.ids IS NOT NULL AND (_round = 1 OR _limited[q.place] IS NOT NULL) ORDER BY q.name
        LOOP
            IF _next.lone IS NOT NULL THEN
                SELECT j.id INTO _lone FROM procrastinate_jobs j
                 WHERE j.id = _next.lone AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL AND j.lock IS NULL
                   AND j.limit_key IS NULL AND j.task_name = ANY (_names)
                   AND NOT EXISTS (SELECT FROM advisorjobs_pauses p WHERE p.queue IN ('', _next.name))
                   AND NOT EXISTS (SELECT FROM advisorjobs_organization_rules r WHERE r.queue IN ('', _next.name))
                   AND NOT EXISTS (
                       SELECT FROM advisorjobs_queues q
                        WHERE q.name = _next.name
                          AND (q.rate IS NOT NULL OR q.running IS NOT NULL OR q.organization_rate IS NOT NULL
                               OR q.organization_running IS NOT NULL OR q.closed_until IS NOT NULL))
                   FOR NO KEY UPDATE SKIP LOCKED;
                IF FOUND THEN
                    _taken := _taken || _lone;
                    _left[_next.place] := _next.free - 1;
                    _cursors[_next.place] := split_part(coalesce(_cursors[_next.place], ''), ':', 1) || ':0:' || _next.turn;
                    _limited[_next.place] := false;
                    _closed[_next.place] := false;
                    CONTINUE;
                END IF;
            END IF;
            SELECT * INTO _visit FROM advisorjobs_visit(
                _next.name, _next.free, _next.priority, _next.turn, _names, _cursors[_next.place], _aged[_next.place]);
            _taken := _taken || _visit.taken;
            _left[_next.place] := _next.free - cardinality(_visit.taken);
            _cursors[_next.place] := _visit.cursor;
            _within[_next.place] := least(_within[_next.place], _visit.within);
            -- what fills the head was not all put aside: the worker comes again at once
            _opens[_next.place] := CASE WHEN _round = 3 AND _visit.again AND _left[_next.place] > 0 THEN 0 ELSE _visit.opens_in END;
            _limited[_next.place] := _visit.limited;
            _closed[_next.place] := _visit.closed;
            IF _visit.again THEN  -- what is taken is marked, so that its key counts it in the next queue
                UPDATE procrastinate_jobs j SET status = 'doing' WHERE j.id = ANY (_visit.taken);
                _again := true;
            END IF;
        END LOOP;
        EXIT WHEN NOT _again;
        -- and so that the next round passes over it
        UPDATE procrastinate_jobs j SET status = 'doing' WHERE j.id = ANY (_taken) AND j.status = 'todo';
    END LOOP;
    IF cardinality(_taken) > 0 THEN
        INSERT INTO advisorjobs_count_changes (queue_name, waiting)
        SELECT q.name, q.unused - q.free FROM unnest(_queues, _free, _left) AS q(name, free, unused) WHERE q.unused < q.free;
        RETURN QUERY
            UPDATE procrastinate_jobs j
               SET status = 'doing', worker_id = _worker, attempts = j.attempts + 1, run_no = j.run_no + 1,
                   run_token = _token, started_at = now()
             WHERE j.id = ANY (_taken)
            RETURNING j.id, j.queue_name::text, j.task_name::text, j.priority, j.lock, j.queueing_lock, j.args, j.planned_at,
                      j.attempts, j.run_no, j.crashes::integer, j.crashes > 0 OR j.rescues > 0, j.organization_id, j.tags,
                      j.traceparent,
                      NULL::text, NULL::double precision, NULL::double precision, NULL::boolean, NULL::boolean, NULL::boolean;
    END IF;
    RETURN QUERY
        SELECT NULL::bigint, q.name, NULL::text, NULL::integer, NULL::text, NULL::text, NULL::jsonb, NULL::timestamptz,
               NULL::integer, NULL::integer, NULL::integer, NULL::boolean, NULL::text, NULL::text[], NULL::text,
               q.cursor, q.within, q.opens, q.limited, q.closed,
               (SELECT a.fair FROM advisorjobs_queues a WHERE a.name = q.name) IS NOT FALSE
          FROM unnest(_queues, _cursors, _within, _opens, _limited, _closed) AS q(name, cursor, within, opens, limited, closed)
         WHERE q.limited IS NOT NULL;
END $$;

-- Jobs of these names that were parked because their worker didn't know them come back into the ready index, where limits and turns
-- hold for them. Runs inside a claim, under its settings.
CREATE OR REPLACE FUNCTION advisorjobs_bring_back(_queues text[], _free integer[], _names text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT j.queue_name FROM procrastinate_jobs j WHERE j.status = 'todo' AND j.parked = 'unknown_job'
         ORDER BY j.queue_name LIMIT 1) IS NOT NULL THEN
        UPDATE procrastinate_jobs SET parked = NULL, era = DEFAULT WHERE id = ANY (ARRAY(
            SELECT p.id FROM unnest(_queues, _free) AS q(name, free) CROSS JOIN LATERAL (
                SELECT i.id FROM unnest(_names) AS n(name) CROSS JOIN LATERAL (
                    SELECT u.id FROM procrastinate_jobs u
                     WHERE u.queue_name = q.name AND u.task_name = n.name AND u.status = 'todo' AND u.parked = 'unknown_job'
                       AND u.scheduled_at IS NULL
                     ORDER BY u.priority DESC, u.id LIMIT q.free
                       FOR NO KEY UPDATE SKIP LOCKED) i
                 LIMIT q.free) p));
    END IF;
END $$;

-- One queue's part of a claim: locks up to _free of its jobs, as its limits allow, by priority and turn, and counts their starts.
-- _cursor is '<lower priority that aged last>:<jobs in a row>:<turn>'. Runs inside a claim, under its settings.
--   taken: jobs to start; again: some left the ready index, so another round may find more
DROP FUNCTION IF EXISTS advisorjobs_visit(text, integer, integer, text, text[], text, integer);
CREATE FUNCTION advisorjobs_visit(
    _queue text, _free integer, _top integer, _front text, _names text[], _cursor text, _aged integer,
    OUT taken bigint[], OUT again boolean, OUT cursor text, OUT within double precision, OUT opens_in double precision,
    OUT limited boolean, OUT closed boolean)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    _last_aged integer := nullif(split_part(_cursor, ':', 1), '')::integer;
    _turns text := substr(_cursor, strpos(_cursor, ':') + 1);
    _weighted boolean := EXISTS (
        SELECT FROM advisorjobs_organization_rules r WHERE r.queue IN ('', _queue) AND r.weight IS NOT NULL);
    _level integer := _top;
    _old integer;
    _part integer;
    _admitted record;
    _walk record;
    _held bigint[] := '{}';
    _keyed record;
    _dear bigint[];
BEGIN
    taken := '{}';
    again := false;
    cursor := _cursor;
    SELECT * INTO _admitted FROM advisorjobs_admit(_queue, _free);
    within := _admitted.within;
    limited := NOT _admitted.ample;
    closed := _admitted.room = 0;
    IF closed THEN
        opens_in := _admitted.opens_in;
        RETURN;
    END IF;
    _free := _admitted.room;
    IF _aged > 0 THEN
        _old := advisorjobs_lower_priority(_queue, _top, _last_aged);
    END IF;
    WHILE _level IS NOT NULL AND _free > 0 LOOP
        _part := CASE WHEN _old IS NULL THEN _free ELSE least(_aged, _free) END;
        SELECT * INTO _walk FROM advisorjobs_walk(
            _queue, coalesce(_old, _level), CASE WHEN _old IS NULL AND _level = _top THEN _front END, _turns, _part, _names,
            _weighted, _admitted.by_organization, taken);
        taken := taken || _walk.taken;
        _held := _held || _walk.held;
        _free := _free - cardinality(_walk.taken);
        again := again OR _walk.strange IS NOT NULL OR _walk.astray;
        opens_in := least(opens_in, _walk.opens_in);
        IF _walk.strange IS NOT NULL THEN
            PERFORM advisorjobs_park_strangers(_queue, coalesce(_old, _level), _walk.strange, _names);
        END IF;
        IF _walk.astray THEN
            PERFORM advisorjobs_give_turns(_queue, coalesce(_old, _level));
        END IF;
        IF _old IS NOT NULL THEN
            _last_aged := _old;
            _old := NULL;
        ELSE
            _turns := _walk.cursor;
            _level := advisorjobs_lower_priority(_queue, _level, NULL);
        END IF;
    END LOOP;
    IF cardinality(_held) > 0 THEN
        again := true;
        SELECT * INTO _keyed FROM advisorjobs_admit_keys(advisorjobs_take_turns(_held));
        within := least(within, _keyed.within);
        limited := limited OR _keyed.limited;
        taken := ARRAY(SELECT t.id FROM unnest(taken) WITH ORDINALITY AS t(id, i)
                        WHERE NOT t.id = ANY (_held) OR t.id = ANY (_keyed.admitted) ORDER BY t.i);
    END IF;
    IF _admitted.limited AND cardinality(taken) > 0 THEN
        IF EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = ANY (taken) AND j.cost > 1) THEN
            _dear := taken;
            taken := advisorjobs_afford(_queue, taken, _admitted.budget, _admitted.rate, _admitted.by_organization);
            IF cardinality(taken) < cardinality(_dear) THEN
                opens_in := least(opens_in, _admitted.opens_in, 0.5);
                _turns := NULL;
            END IF;
        END IF;
        PERFORM advisorjobs_count_starts(_queue, taken, _admitted.by_organization);
    END IF;
    cursor := coalesce(_last_aged::text, '') || ':' || coalesce(
        _turns, '0:' || (SELECT j.turn FROM procrastinate_jobs j WHERE j.id = taken[cardinality(taken)]),
        substr(_cursor, strpos(_cursor, ':') + 1), '');
END $$;

-- The next lower priority than _top that has ready jobs, after _after on the way down and round; NULL when there is none.
CREATE OR REPLACE FUNCTION advisorjobs_lower_priority(_queue text, _top integer, _after integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
    _lower integer;
BEGIN
    SELECT j.priority INTO _lower FROM procrastinate_jobs j
     WHERE j.era = _era AND j.queue_name = _queue AND j.priority < least(_top, _after) AND j.status = 'todo'
       AND j.scheduled_at IS NULL AND j.parked IS NULL
     ORDER BY j.priority DESC LIMIT 1;
    IF NOT FOUND AND _after < _top THEN
        RETURN advisorjobs_lower_priority(_queue, _top, NULL);
    END IF;
    RETURN _lower;
END $$;

-- Takes jobs of names that the claiming worker doesn't know out of the ready index, from the heads of these turns: three hundred
-- jobs are looked at.
DROP FUNCTION IF EXISTS advisorjobs_park_strangers(text, integer, text[]);
CREATE OR REPLACE FUNCTION advisorjobs_park_strangers(_queue text, _priority integer, _turns text[], _names text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
BEGIN
    UPDATE procrastinate_jobs SET parked = 'unknown_job' WHERE id = ANY (ARRAY(
        SELECT s.id FROM unnest(_turns) AS t(turn) CROSS JOIN LATERAL (
            SELECT j.id, j.task_name FROM procrastinate_jobs j
             WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn BETWEEN t.turn AND t.turn
               AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
             ORDER BY j.turn, j.id LIMIT greatest(2, 300 / cardinality(_turns))
               FOR NO KEY UPDATE SKIP LOCKED) s
         WHERE NOT s.task_name = ANY (_names)));
END $$;

-- Gives up to three hundred jobs that wait in nobody's turn (fairness is off) the turn of their organization, so that its rules can
-- be kept.
CREATE OR REPLACE FUNCTION advisorjobs_give_turns(_queue text, _priority integer) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
BEGIN
    UPDATE procrastinate_jobs SET turn = organization_id WHERE id = ANY (ARRAY(
        SELECT s.id FROM (
            SELECT j.id, j.organization_id FROM procrastinate_jobs j
             WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn <= '' AND j.status = 'todo'
               AND j.scheduled_at IS NULL AND j.parked IS NULL
             ORDER BY j.turn, j.id LIMIT 300
               FOR NO KEY UPDATE SKIP LOCKED) s
         WHERE s.organization_id IS NOT NULL));
END $$;
