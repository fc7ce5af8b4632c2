-- Limits, decided in the database, on its clock, before a job is taken.
--
-- RATE, exact: in any window of length W there are never more than `rate` starts. A claim decides at one moment and the handler starts
-- at another, so a grant is good for a time g = W/40 only (on the worker's monotonic clock, from before it asked, and what the
-- database then took until it decided); a run that could not start by then goes back, uncharged, and so does its grant where its worker says
-- that the function was not called (advisorjobs_return_starts). A grant is counted from its claim for W + g: two starts that
-- lie less than W apart were granted less than W + g apart, so the earlier one counts when the later is decided. Grants are kept
-- by slots of W/200, each counted from the slot's end. So a full queue is worked off at 200/206 of its limit at least: 97 %.
-- A claim takes the lock of the queue's row, reads what was granted and adds its own: claims of one limited queue follow one
-- another, claims of a queue without limits take no lock. Queues are visited in the order of their names, so nobody waits in a circle.
--
-- RUNNING, exact: running jobs are counted under the same lock. No counter that a dead worker could leave behind.
--
-- These functions run inside a claim, under its settings; VOLATILE, so that each statement sees what the last holder committed.

-- What a rate limit still allows now; opens_in: seconds until the oldest grant no longer counts.
CREATE OR REPLACE FUNCTION advisorjobs_rate_left(
    _scope text, _rate integer, _window interval, OUT allowed integer, OUT opens_in double precision)
LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := extract(epoch FROM clock_timestamp());
    _length double precision := extract(epoch FROM _window);
    _old double precision := _now - _length * 1.025;
    _at double precision[];
    _costs integer[];
    _gone integer;
BEGIN
    SELECT g.at, g.costs INTO _at, _costs FROM advisorjobs_grants g WHERE g.scope = _scope;
    IF NOT FOUND THEN
        allowed := _rate;
        RETURN;
    END IF;
    _gone := width_bucket(_old, _at);  -- they are in order
    allowed := greatest(0, _rate - coalesce((SELECT sum(c) FROM unnest(_costs[_gone + 1 :]) AS c), 0));
    opens_in := _at[_gone + 1] - _old;
    IF _at[cardinality(_at)] > _now + _length / 100 THEN  -- the server's clock was set back: as if they had been granted now
        UPDATE advisorjobs_grants SET at = ARRAY(SELECT least(a, _now) FROM unnest(at) WITH ORDINALITY AS u(a, i) ORDER BY i)
         WHERE scope = _scope;
    END IF;
END $$;

-- Counts starts in some scopes with the same window, and forgets those that no longer count.
DROP FUNCTION IF EXISTS advisorjobs_grant(text, integer, interval);
CREATE OR REPLACE FUNCTION advisorjobs_grant(_scopes text[], _costs integer[], _window interval) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _now double precision := extract(epoch FROM clock_timestamp());
    _length double precision := extract(epoch FROM _window);
    _old double precision := _now - _length * 1.025;
    _at double precision := ceil(_now * 200 / _length) * _length / 200;
BEGIN
    INSERT INTO advisorjobs_grants AS g (scope, at, costs)
    SELECT scope, ARRAY[_at], ARRAY[cost] FROM unnest(_scopes, _costs) AS s(scope, cost)
    ON CONFLICT (scope) DO UPDATE SET
        at = CASE WHEN g.at[cardinality(g.at)] >= _at THEN g.at[width_bucket(_old, g.at) + 1 :]
                  ELSE g.at[width_bucket(_old, g.at) + 1 :] || _at END,
        costs = CASE WHEN g.at[cardinality(g.at)] >= _at
                     THEN g.costs[width_bucket(_old, g.at) + 1 : cardinality(g.costs) - 1]
                          || (g.costs[cardinality(g.costs)] + excluded.costs[1])
                     ELSE g.costs[width_bucket(_old, g.at) + 1 :] || excluded.costs END;
END $$;

-- What a queue's own limits and pauses allow.
--   room             jobs (of _wanted); budget: their cost, NULL where no rate limits the queue; rate: the most that one job costs
--   within           seconds from the statement's arrival for which a grant is good, NULL where no rate limits anything here
--   opens_in         seconds until more may start, NULL where that isn't a matter of time
--   limited          the queue's row is locked, and starts are to be counted; by_organization: some organization has rules here
--   ample            what may start is many times what is wanted
DROP FUNCTION IF EXISTS advisorjobs_admit(text, integer);
CREATE FUNCTION advisorjobs_admit(
    _queue text, _wanted integer, OUT room integer, OUT budget integer, OUT rate integer, OUT within double precision,
    OUT opens_in double precision, OUT limited boolean, OUT by_organization boolean, OUT ample boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _row record;
    _waited interval;
BEGIN
    room := _wanted;
    limited := false;
    ample := true;
    SELECT q.*, coalesce(q.closed_until > now(), false) OR p.queue IS NOT NULL AS closed,
           CASE WHEN p.queue IS NULL OR isfinite(p.until)
                THEN greatest(p.until, CASE WHEN q.closed_until > now() THEN q.closed_until END) END AS open_at,
           coalesce(q.organization_rate IS NOT NULL OR q.organization_running IS NOT NULL, false)
           OR EXISTS (SELECT FROM advisorjobs_organization_rules r
                       WHERE r.queue IN ('', _queue) AND (r.rate IS NOT NULL OR r.running IS NOT NULL))
           OR EXISTS (SELECT FROM advisorjobs_pauses p WHERE p.queue IN ('', _queue) AND p.organization_id <> ''
                         AND (p.until > now()) IS NOT FALSE) AS by_organization
      INTO _row
      FROM (SELECT _queue AS name) this
      LEFT JOIN advisorjobs_queues q USING (name)
      LEFT JOIN advisorjobs_pauses p ON p.queue = _queue AND p.organization_id = '' AND (p.until > now()) IS NOT FALSE;
    by_organization := _row.by_organization;
    IF _row.closed THEN
        room := 0;
        ample := false;
        opens_in := extract(epoch FROM _row.open_at - clock_timestamp());
        RETURN;
    END IF;
    IF _row.rate IS NULL AND _row.running IS NULL AND NOT by_organization THEN
        RETURN;
    END IF;
    limited := true;
    PERFORM FROM advisorjobs_queues q WHERE q.name = _queue FOR NO KEY UPDATE;
    IF NOT FOUND THEN  -- a queue outside the table, with rules for organizations: it gets a row, for its lock
        INSERT INTO advisorjobs_queues (name, priority) VALUES (_queue, 3) ON CONFLICT (name) DO UPDATE SET priority = 3;
    END IF;
    _waited := clock_timestamp() - statement_timestamp();
    SELECT q.rate, q.rate_window, q.running, q.organization_rate_window INTO _row FROM advisorjobs_queues q WHERE q.name = _queue;
    room := 10 * _wanted;
    IF _row.running IS NOT NULL THEN
        room := least(room, _row.running - (
            SELECT count(*)::integer FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.queue_name = _queue));
    END IF;
    IF _row.rate IS NOT NULL THEN
        rate := _row.rate;
        within := extract(epoch FROM _row.rate_window / 40 + _waited);
        SELECT r.allowed, r.opens_in INTO budget, opens_in
          FROM advisorjobs_rate_left(advisorjobs_scope('queue', _queue), _row.rate, _row.rate_window) r;
        room := least(room, budget);
    END IF;
    IF by_organization THEN
        within := least(within, extract(epoch FROM _row.organization_rate_window / 40 + _waited), (
            SELECT extract(epoch FROM min(r.rate_window) / 40 + _waited) FROM advisorjobs_organization_rules r
             WHERE r.queue = '' AND (r.rate IS NOT NULL OR r.running IS NOT NULL)), (
            SELECT extract(epoch FROM min(r.rate_window) / 40 + _waited) FROM advisorjobs_organization_rules r
             WHERE r.queue = _queue AND (r.rate IS NOT NULL OR r.running IS NOT NULL)));
    END IF;
    ample := room = 10 * _wanted AND NOT by_organization;
    room := greatest(0, least(room, _wanted));
END $$;

-- A scope of advisorjobs_grants: 'queue', its name [, an organization]; or 'key', the key.
DROP FUNCTION IF EXISTS advisorjobs_scope(text[]);
CREATE OR REPLACE FUNCTION advisorjobs_scope(_kind text, _name text, _turn text DEFAULT NULL) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT _kind || chr(31) || _name || coalesce(chr(31) || _turn, '') $$;

-- Of some turns of a queue those that may start something, and how many jobs each; opens_in: when the first of the others may. _taken:
-- what the same claim has taken of this queue and not counted yet, at other priorities.
DROP FUNCTION IF EXISTS advisorjobs_admit_turns(text, text[]);
CREATE OR REPLACE FUNCTION advisorjobs_admit_turns(
    _queue text, _turns text[], _taken bigint[], OUT turns text[], OUT rooms integer[], OUT opens_in double precision)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _now double precision := extract(epoch FROM clock_timestamp());
    _running jsonb;
    _mine jsonb;
BEGIN
    IF cardinality(_taken) > 0 THEN
        SELECT jsonb_object_agg(m.turn, m.count) INTO _mine FROM (
            SELECT j.turn, count(*) FROM procrastinate_jobs j WHERE j.id = ANY (_taken) GROUP BY 1) m;
    END IF;
    IF EXISTS (SELECT FROM advisorjobs_queues q WHERE q.name = _queue AND q.organization_running IS NOT NULL)
       OR EXISTS (SELECT FROM advisorjobs_organization_rules r WHERE r.queue IN ('', _queue) AND r.running IS NOT NULL) THEN
        SELECT jsonb_object_agg(d.organization_id, d.count) INTO _running FROM (
            SELECT j.organization_id, count(*) FROM procrastinate_jobs j
             WHERE j.status = 'doing' AND j.queue_name = _queue AND j.organization_id IS NOT NULL GROUP BY 1) d;
    END IF;
    SELECT coalesce(array_agg(o.turn ORDER BY o.i) FILTER (WHERE o.room > 0), '{}'),
           coalesce(array_agg(o.room ORDER BY o.i) FILTER (WHERE o.room > 0), '{}'), min(o.opens_in) FILTER (WHERE o.room <= 0)
      INTO turns, rooms, opens_in
      FROM (SELECT t.turn, t.i, g.opens_in,
                   CASE WHEN t.turn = '' THEN 2147483647 WHEN r.paused THEN 0
                        ELSE least(r.running - coalesce((_running ->> t.turn)::integer, 0), r.rate - coalesce(g.granted, 0), 2147483647)
                             - coalesce((_mine ->> t.turn)::integer, 0) END AS room
              FROM unnest(_turns) WITH ORDINALITY AS t(turn, i)
             CROSS JOIN LATERAL advisorjobs_rules(_queue, t.turn) r
             CROSS JOIN LATERAL (SELECT _now - extract(epoch FROM r.rate_window)::double precision * 1.025 AS old) w
              LEFT JOIN LATERAL (
                SELECT g.at[width_bucket(w.old, g.at) + 1] - w.old AS opens_in,
                       (SELECT sum(c) FROM unnest(g.costs[width_bucket(w.old, g.at) + 1 :]) AS c) AS granted
                  FROM advisorjobs_grants g WHERE g.scope = advisorjobs_scope('queue', _queue, t.turn) AND r.rate IS NOT NULL
                OFFSET 0) g ON true) o;  -- one probe each: joined, the table would be read through where it is thought to be small
END $$;

-- The rules for one organization in a queue: those for it in this queue before those for it in each before the queue's own. One
-- row, but RETURNS TABLE: only so is it inlined, which makes a hundred of them ten times cheaper.
DROP FUNCTION IF EXISTS advisorjobs_rules(text, text);
CREATE FUNCTION advisorjobs_rules(_queue text, _organization text)
RETURNS TABLE (rate integer, rate_window interval, running integer, weight integer, paused boolean)
LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT CASE WHEN here.rate IS NOT NULL THEN here.rate WHEN everywhere.rate IS NOT NULL THEN everywhere.rate
                ELSE q.organization_rate END,
           CASE WHEN here.rate IS NOT NULL THEN here.rate_window WHEN everywhere.rate IS NOT NULL THEN everywhere.rate_window
                ELSE q.organization_rate_window END,
           coalesce(here.running, everywhere.running, q.organization_running),
           coalesce(here.weight, everywhere.weight, 1),
           EXISTS (SELECT FROM advisorjobs_pauses p
                    WHERE p.queue IN ('', _queue) AND p.organization_id = _organization AND (p.until > now()) IS NOT FALSE)
      FROM (SELECT _queue AS name) this
      LEFT JOIN advisorjobs_queues q USING (name)
      LEFT JOIN advisorjobs_organization_rules here ON here.queue = _queue AND here.organization_id = _organization
      LEFT JOIN advisorjobs_organization_rules everywhere ON everywhere.queue = '' AND everywhere.organization_id = _organization
$$;

-- Of locked jobs, in order, those whose cost their queue's budget and their organizations' rates allow. The first that its queue
-- can't pay for ends the list, so that it is saved for; one that its organization can't pay for is left out with what stands
-- behind it. A job that costs more than the whole limit costs the whole limit.
CREATE OR REPLACE FUNCTION advisorjobs_afford(_queue text, _ids bigint[], _budget integer, _rate integer, _by_organization boolean)
RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    _kept bigint[] := '{}';
    _spent jsonb := '{}';
    _room integer;
    _cost integer;
    _job record;
BEGIN
    FOR _job IN
        SELECT j.id, j.cost, j.turn FROM unnest(_ids) WITH ORDINALITY AS t(id, i) JOIN procrastinate_jobs j USING (id) ORDER BY t.i
    LOOP
        _cost := least(_job.cost, _rate);
        EXIT WHEN _cost > _budget;
        IF _by_organization AND _job.turn <> '' THEN
            SELECT l.allowed, least(_job.cost, r.rate) INTO _room, _cost FROM advisorjobs_rules(_queue, _job.turn) r
             CROSS JOIN LATERAL advisorjobs_rate_left(advisorjobs_scope('queue', _queue, _job.turn), r.rate, r.rate_window) l
             WHERE r.rate IS NOT NULL;
            IF FOUND THEN
                CONTINUE WHEN coalesce((_spent ->> _job.turn)::integer, 0) + _cost > _room;
                _spent := _spent || jsonb_build_object(_job.turn, coalesce((_spent ->> _job.turn)::integer, 0) + _cost);
            END IF;
        END IF;
        _budget := _budget - least(_job.cost, _rate);
        _kept := _kept || _job.id;
    END LOOP;
    RETURN _kept;
END $$;

-- Counts what a claim took from a queue.
CREATE OR REPLACE FUNCTION advisorjobs_count_starts(_queue text, _ids bigint[], _by_organization boolean) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM advisorjobs_grant(ARRAY[advisorjobs_scope('queue', _queue)], ARRAY[sum(least(j.cost, q.rate))::integer], q.rate_window)
       FROM advisorjobs_queues q CROSS JOIN procrastinate_jobs j
      WHERE q.name = _queue AND q.rate IS NOT NULL AND j.id = ANY (_ids) GROUP BY q.rate_window;
    IF _by_organization THEN
        PERFORM advisorjobs_grant(array_agg(advisorjobs_scope('queue', _queue, t.turn)), array_agg(least(t.cost, r.rate)), r.rate_window)
           FROM (SELECT j.turn, sum(j.cost)::integer AS cost FROM procrastinate_jobs j
                  WHERE j.id = ANY (_ids) AND j.turn <> '' GROUP BY j.turn) t
          CROSS JOIN LATERAL advisorjobs_rules(_queue, t.turn) r WHERE r.rate IS NOT NULL GROUP BY r.rate_window;
    END IF;
END $$;

-- Gives a scope the grants back of claims made at _at whose functions were not called. Each is taken from the earliest grant that may be
-- its own, so that what stays counts at least as long as the true starts do; where the clock was set meanwhile nothing is found. After a
-- window nothing is given back: its own grant may be forgotten already, and what is found then counts somebody else's start.
CREATE OR REPLACE FUNCTION advisorjobs_take_back(_scope text, _cost integer, _at timestamptz, _window interval) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _first double precision := extract(epoch FROM _at);
    _last double precision := _first + extract(epoch FROM _window) / 20;
    _grants advisorjobs_grants;
    _part integer;
BEGIN
    IF extract(epoch FROM clock_timestamp()) >= _first + extract(epoch FROM _window) THEN
        RETURN;
    END IF;
    SELECT * INTO _grants FROM advisorjobs_grants g WHERE g.scope = _scope;
    FOR _i IN 1 .. coalesce(cardinality(_grants.at), 0) LOOP
        IF _grants.at[_i] BETWEEN _first AND _last THEN
            _part := least(_cost, _grants.costs[_i]);
            _grants.costs[_i] := _grants.costs[_i] - _part;
            _cost := _cost - _part;
        END IF;
    END LOOP;
    IF 0 < ALL (_grants.costs) THEN
        UPDATE advisorjobs_grants SET costs = _grants.costs WHERE scope = _scope;
        RETURN;
    END IF;
    SELECT array_agg(u.at ORDER BY u.i), array_agg(u.cost ORDER BY u.i) INTO _grants.at, _grants.costs
      FROM unnest(_grants.at, _grants.costs) WITH ORDINALITY AS u(at, cost, i) WHERE u.cost > 0;
    IF _grants.at IS NULL THEN
        DELETE FROM advisorjobs_grants WHERE scope = _scope;
    ELSE
        UPDATE advisorjobs_grants SET at = _grants.at, costs = _grants.costs WHERE scope = _scope;
    END IF;
END $$;

-- The starts of runs whose functions were not called: [{queue, turn, cost, at}]. Their queues' and organizations' limits count them no
-- longer; a key's do. None that was claimed before their rates were changed: it may have been charged less, or nothing, and more would
-- be taken of other starts. Last in the lock order: the rows of queues, by name.
CREATE OR REPLACE FUNCTION advisorjobs_return_starts(_starts jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _queue record;
    _start record;
BEGIN
    FOR _queue IN
        SELECT q.name FROM advisorjobs_queues q
         WHERE q.name = ANY (ARRAY(SELECT s.start ->> 'queue' FROM jsonb_array_elements(_starts) AS s(start))) ORDER BY q.name
    LOOP
        PERFORM FROM advisorjobs_queues q WHERE q.name = _queue.name FOR NO KEY UPDATE;
        FOR _start IN
            SELECT s.turn, s.cost, s.at, q.rate, q.rate_window, r.rate AS turn_rate, r.rate_window AS turn_window
              FROM jsonb_to_recordset(_starts) AS s(queue text, turn text, cost integer, at timestamptz)
              JOIN advisorjobs_queues q ON q.name = s.queue
             CROSS JOIN LATERAL advisorjobs_rules(s.queue, s.turn) r
             WHERE s.queue = _queue.name AND (q.rates_changed_at < s.at) IS NOT FALSE ORDER BY s.at
        LOOP
            IF _start.rate IS NOT NULL THEN
                PERFORM advisorjobs_take_back(
                    advisorjobs_scope('queue', _queue.name), least(_start.cost, _start.rate), _start.at, _start.rate_window);
            END IF;
            IF _start.turn <> '' AND _start.turn_rate IS NOT NULL THEN
                PERFORM advisorjobs_take_back(
                    advisorjobs_scope('queue', _queue.name, _start.turn), least(_start.cost, _start.turn_rate), _start.at,
                    _start.turn_window);
            END IF;
        END LOOP;
    END LOOP;
END $$;

-- Services asked for patience (settlements with close_for): nobody starts a job with the same key, or of the same queue where the job
-- has none, for so many seconds; a day at most. In the order of names, so that two of these can't wait in a circle.
CREATE OR REPLACE FUNCTION advisorjobs_close(_runs jsonb) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    _service record;
BEGIN
    FOR _service IN
        SELECT j.limit_key, CASE WHEN j.limit_key IS NULL THEN j.queue_name END AS queue,
               now() + make_interval(secs => least(86400, max((r.run ->> 'close_for')::double precision))) AS until
          FROM jsonb_array_elements(_runs) AS r(run)
         CROSS JOIN LATERAL (
            SELECT k.limit_key, k.queue_name FROM procrastinate_jobs k WHERE k.id = (r.run ->> 'id')::bigint OFFSET 0) j
         WHERE (r.run ->> 'close_for')::double precision > 0 GROUP BY 1, 2 ORDER BY 1, 2
    LOOP
        IF _service.limit_key IS NOT NULL THEN
            INSERT INTO advisorjobs_keys AS k (key, closed_until) VALUES (_service.limit_key, _service.until)
            ON CONFLICT (key) DO UPDATE SET closed_until = greatest(k.closed_until, excluded.closed_until);
        ELSE
            INSERT INTO advisorjobs_queues AS q (name, priority, closed_until) VALUES (_service.queue, 3, _service.until)
            ON CONFLICT (name) DO UPDATE SET closed_until = greatest(q.closed_until, excluded.closed_until);
        END IF;
    END LOOP;
END $$;
