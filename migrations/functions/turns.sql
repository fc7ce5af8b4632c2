-- Whose turn it is: within a queue and a priority, organizations are served one after the other, each by its weight.
--
-- Each worker goes round by itself: its cursor (the turn that was served last, and how many of its jobs in a row) comes with the
-- claim and goes back with its answer, so claims share no row. The turns with ready work are found by a loose scan of
-- advisorjobs_ready_idx from the cursor on, one index probe each, and no more of them than jobs are wanted: the cost does not depend
-- on how many jobs wait, and only by a logarithm on how many organizations they belong to.
--
-- These functions run inside a claim, under its settings.

-- The turns with ready work of one queue and priority, from _after on (it included if _again) and round, at most _most. _front: the
-- first of them all, where the caller knows it: finding it means passing over what was taken lately and not cleaned away yet.
CREATE OR REPLACE FUNCTION advisorjobs_ring(
    _queue text, _priority integer, _after text, _again boolean, _front text, _most integer) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
    _first text;
    _turns text[];
BEGIN
    IF _after = '' AND _again THEN
        _first := _front;
    END IF;
    IF _first IS NULL AND _again THEN
        SELECT j.turn INTO _first FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn >= _after AND j.status = 'todo'
           AND j.scheduled_at IS NULL AND j.parked IS NULL
         ORDER BY j.turn LIMIT 1;
    ELSIF _first IS NULL THEN
        SELECT j.turn INTO _first FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn > _after AND j.status = 'todo'
           AND j.scheduled_at IS NULL AND j.parked IS NULL
         ORDER BY j.turn LIMIT 1;
    END IF;
    _turns := advisorjobs_lap(_queue, _priority, _first, NULL, _most);
    IF cardinality(_turns) = _most OR _after = '' AND _again THEN
        RETURN _turns;
    END IF;
    IF _front IS NULL THEN
        SELECT j.turn INTO _front FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.status = 'todo' AND j.scheduled_at IS NULL
           AND j.parked IS NULL
         ORDER BY j.turn LIMIT 1;
    END IF;
    RETURN _turns || ARRAY(
        SELECT t.turn FROM unnest(advisorjobs_lap(_queue, _priority, _front, _after, _most - cardinality(_turns))) AS t(turn)
         WHERE t.turn < _after OR t.turn = _after AND NOT _again);
END $$;

-- The turns with ready work from _first on, at most _most, up to the first that isn't before _until (it included; NULL: all).
CREATE OR REPLACE FUNCTION advisorjobs_lap(_queue text, _priority integer, _first text, _until text, _most integer) RETURNS text[]
LANGUAGE plpgsql STABLE AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
BEGIN
    RETURN ARRAY(
        WITH RECURSIVE lap AS (
            SELECT _first AS turn, 1 AS n
            UNION ALL
            SELECT (SELECT j.turn FROM procrastinate_jobs j
                     WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.status = 'todo' AND j.scheduled_at IS NULL
                       AND j.parked IS NULL AND j.turn > lap.turn
                     ORDER BY j.turn LIMIT 1), lap.n + 1
              FROM lap WHERE lap.turn IS NOT NULL AND lap.n < _most AND (lap.turn < _until) IS NOT FALSE)
        SELECT lap.turn FROM lap WHERE lap.turn IS NOT NULL);
END $$;

-- How many jobs each turn of a ring gets when _wanted are to be taken: by weight, round and round. _used: how many the ring's first
-- turn has had in a row already. place, used: the turn that gets the last one, and how many in a row it has then (0: all).
CREATE OR REPLACE FUNCTION advisorjobs_deal(
    _queue text, _ring text[], _used integer, _wanted integer, _weighted boolean,
    OUT quotas integer[], OUT place integer, OUT used integer)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    _turns integer := cardinality(_ring);
    _weights integer[];
    _part integer;
BEGIN
    used := 0;
    IF NOT _weighted THEN
        place := (_wanted - 1) % _turns + 1;
        quotas := array_fill(_wanted / _turns + 1, ARRAY[_wanted % _turns])
               || array_fill(_wanted / _turns, ARRAY[_turns - _wanted % _turns]);
        RETURN;
    END IF;
    _weights := ARRAY(SELECT r.weight FROM unnest(_ring) WITH ORDINALITY AS t(turn, i), advisorjobs_rules(_queue, t.turn) r
                       ORDER BY t.i);
    quotas := array_fill(0, ARRAY[_turns]);
    place := 0;
    used := _used;
    WHILE _wanted > 0 LOOP
        place := place % _turns + 1;
        _part := least(_wanted, greatest(0, _weights[place] - used));
        quotas[place] := quotas[place] + _part;
        _wanted := _wanted - _part;
        used := CASE WHEN _wanted = 0 AND used + _part < _weights[place] THEN used + _part ELSE 0 END;
    END LOOP;
END $$;

-- Locks up to _wanted ready jobs of one queue and priority, by turns from the cursor ('in a row:turn') on.
--   taken    jobs of names that this worker knows, in the order of their turns; held: those with a lock or a key, not decided yet
--   strange  the turns in which there were jobs of other names (NULL: none); astray: jobs in nobody's turn, where their organizations have rules
-- A turn that has less than its part leaves the rest to those that had theirs. One that its organization's limits close is passed
-- over: opens_in says when the first of them opens. A thousand turns are looked at (opens_in 0: the next claim goes on). _taken: what
-- the claim has of this queue's other priorities.
-- BETWEEN, not =: with one constant turn the primary key would give the same order, and be read from its beginning where
-- the statistics know of a single turn.
DROP FUNCTION IF EXISTS advisorjobs_walk(text, integer, text, text, integer, text[], boolean, boolean);
DROP FUNCTION IF EXISTS advisorjobs_walk(text, integer, text, text, integer, text[], boolean, boolean, bigint[]);
CREATE FUNCTION advisorjobs_walk(
    _queue text, _priority integer, _front text, _cursor text, _wanted integer, _names text[], _weighted boolean,
    _by_organization boolean, _taken bigint[],
    OUT taken bigint[], OUT held bigint[], OUT strange text[], OUT astray boolean, OUT cursor text, OUT opens_in double precision)
LANGUAGE plpgsql
AS $$
#variable_conflict use_column
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
    _used integer := coalesce(split_part(_cursor, ':', 1)::integer, 0);
    _after text := coalesce(substr(_cursor, strpos(_cursor, ':') + 1), '');
    _again boolean := _cursor IS NULL OR _used > 0;
    _most integer := CASE WHEN _by_organization THEN greatest(_wanted, 200) ELSE _wanted END;
    _seen bigint[] := '{}';
    _ring text[];
    _rooms integer[];
    _quotas integer[];
    _first text;
    _last boolean;
    _place integer;
    _opens double precision;
    _some record;
BEGIN
    taken := '{}';
    held := '{}';
    astray := false;
    FOR _segment IN 1 .. 5 LOOP
        _ring := advisorjobs_ring(_queue, _priority, _after, _again, _front, _most);
        _last := cardinality(_ring) < _most;
        IF _first = ANY (_ring) THEN
            _ring := _ring[1 : array_position(_ring, _first) - 1];
            _last := true;
        END IF;
        EXIT WHEN cardinality(_ring) = 0;
        _first := coalesce(_first, _ring[1]);
        IF _ring[1] <> _after THEN
            _used := 0;
        END IF;
        IF _by_organization THEN
            _after := _ring[cardinality(_ring)];
            SELECT turns, rooms, a.opens_in INTO _ring, _rooms, _opens FROM advisorjobs_admit_turns(_queue, _ring, _taken) a;
            opens_in := least(opens_in, _opens, CASE WHEN _segment = 5 AND NOT _last THEN 0 END);
        END IF;
        IF cardinality(_ring) > 0 THEN
            SELECT quotas, place, used INTO _quotas, _place, _used FROM advisorjobs_deal(_queue, _ring, _used, _wanted, _weighted);
            IF NOT _by_organization OR cardinality(_ring) >= _wanted THEN
                _after := _ring[_place];
            END IF;
        END IF;
        _again := _used > 0;
        FOR _pass IN 1 .. 4 LOOP
            EXIT WHEN cardinality(_ring) = 0;
            IF _by_organization THEN
                _quotas := ARRAY(SELECT least(quota, room) FROM unnest(_quotas, _rooms) WITH ORDINALITY AS t(quota, room, i) ORDER BY i);
            END IF;
            SELECT coalesce(array_agg(p.id), '{}') AS locked, array_agg(p.i) AS places,
                   coalesce(array_agg(p.id) FILTER (WHERE p.known AND NOT p.astray), '{}') AS taken,
                   coalesce(array_agg(p.id) FILTER (WHERE p.known AND NOT p.astray AND p.held), '{}') AS held,
                   array_agg(DISTINCT p.turn) FILTER (WHERE NOT p.known) AS strange, coalesce(bool_or(p.astray), false) AS astray
              INTO _some
              FROM (SELECT c.*, t.turn, t.i::integer FROM unnest(_ring, _quotas) WITH ORDINALITY AS t(turn, quota, i)
                     CROSS JOIN LATERAL (
                        SELECT j.id, j.lock IS NOT NULL OR j.limit_key IS NOT NULL AS held, j.task_name = ANY (_names) AS known,
                               _by_organization AND j.turn = '' AND j.organization_id IS NOT NULL AS astray
                          FROM procrastinate_jobs j
                         WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn BETWEEN t.turn AND t.turn
                           AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL AND NOT j.id = ANY (_seen)
                         ORDER BY j.turn, j.id LIMIT t.quota
                           FOR NO KEY UPDATE SKIP LOCKED) c
                     LIMIT _wanted) p;
            taken := taken || _some.taken;
            held := held || _some.held;
            strange := strange || _some.strange;
            astray := astray OR _some.astray;
            _seen := _seen || _some.locked;
            _wanted := _wanted - cardinality(_some.locked);
            EXIT WHEN _wanted <= 0 OR cardinality(_some.locked) = 0;
            -- those that had their whole part, and may have more
            SELECT coalesce(array_agg(t.turn ORDER BY t.i), '{}'), array_agg(t.room - t.quota ORDER BY t.i) INTO _ring, _rooms
              FROM unnest(_ring, _quotas, _rooms) WITH ORDINALITY AS t(turn, quota, room, i)
             WHERE t.quota > 0 AND t.room - t.quota > 0 IS NOT FALSE
               AND (SELECT count(*) FROM unnest(_some.places) AS p(i) WHERE p.i = t.i) = t.quota;
            _quotas := array_fill((_wanted - 1) / greatest(1, cardinality(_ring)) + 1, ARRAY[cardinality(_ring)]);
        END LOOP;
        EXIT WHEN _wanted <= 0 OR _last;
    END LOOP;
    cursor := _used || ':' || _after;
END $$;
