-- Limits of a key: a service or an account that jobs of several queues and organizations share.
--
-- A job may start if its key has room. Where it has none, the key's jobs leave the ready index (parked = 'key'), three hundred at a
-- time, so that a hundred thousand of them are read once; the key's wake_at says when a claim is to look again. The claim that finds
-- it due brings back as many as there is room for, by turns: organizations one after the other, each one's jobs by priority.
-- Decided under a transaction-level advisory lock per key, taken by TRY and held until the claim commits, so that no two claims
-- count the same room and nobody waits in a circle; a key that is decided elsewhere is left for the next claim. The end of a job
-- waits for that lock, and sets wake_at.

-- How many of a key's jobs may start now (cost in budget, NULL: no rate); opens_in: seconds until that may change by itself.
CREATE OR REPLACE FUNCTION advisorjobs_key_room(_key advisorjobs_keys, OUT room integer, OUT budget integer, OUT opens_in double precision)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF _key.closed_until > now() THEN
        room := 0;
        opens_in := extract(epoch FROM _key.closed_until - clock_timestamp());
        RETURN;
    END IF;
    room := 2147483647;
    IF _key.running IS NOT NULL THEN
        SELECT greatest(0, _key.running - count(*)::integer) INTO room
          FROM procrastinate_jobs j WHERE j.limit_key = _key.key AND j.status = 'doing';
    END IF;
    IF _key.rate IS NOT NULL THEN
        SELECT r.allowed, r.opens_in INTO budget, opens_in
          FROM advisorjobs_rate_left(advisorjobs_scope('key', _key.key), _key.rate, _key.rate_window) r;
        room := least(room, budget);
    END IF;
END $$;

-- Of these locked jobs those whose keys have room; counts their starts. The others leave the ready index, and what else waits for
-- those keys with them. within: seconds from the statement's arrival for which the grants are good, NULL where no key has a rate.
-- limited: some key has a limit.
DROP FUNCTION IF EXISTS advisorjobs_admit_keys(bigint[]);
CREATE FUNCTION advisorjobs_admit_keys(
    _ids bigint[], OUT admitted bigint[], OUT within double precision, OUT limited boolean)
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _key advisorjobs_keys;
    _keys integer;
    _mine bigint[];
    _costs integer[];
    _let bigint[];
    _spent integer;
    _room record;
    _waited interval;
BEGIN
    admitted := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.id = ANY (_ids) AND NOT EXISTS (SELECT FROM advisorjobs_keys k WHERE k.key = j.limit_key));
    limited := cardinality(admitted) < cardinality(_ids);
    IF NOT limited THEN
        RETURN;
    END IF;
    _keys := count(DISTINCT j.limit_key) FROM procrastinate_jobs j WHERE j.id = ANY (_ids);
    FOR _key IN
        SELECT k.* FROM advisorjobs_keys k
         WHERE k.key = ANY (ARRAY(SELECT DISTINCT j.limit_key FROM procrastinate_jobs j WHERE j.id = ANY (_ids)))
         ORDER BY hashtextextended(k.key, 1)
    LOOP
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended(_key.key, 1));
        _waited := clock_timestamp() - statement_timestamp();
        SELECT * INTO _key FROM advisorjobs_keys k WHERE k.key = _key.key;  -- as it is under the lock
        SELECT * INTO _room FROM advisorjobs_key_room(_key);
        _let := '{}';
        IF _room.room > 0 THEN
            SELECT array_agg(j.id ORDER BY t.i), array_agg(least(j.cost, _key.rate) ORDER BY t.i) INTO _mine, _costs
              FROM unnest(_ids) WITH ORDINALITY AS t(id, i) JOIN procrastinate_jobs j USING (id) WHERE j.limit_key = _key.key;
            SELECT coalesce(array_agg(c.id), '{}'), coalesce(sum(c.cost), 0)::integer INTO _let, _spent
              FROM (SELECT t.id, t.cost, t.i, sum(t.cost) OVER (ORDER BY t.i) AS total
                      FROM unnest(_mine, _costs) WITH ORDINALITY AS t(id, cost, i)) c
             WHERE c.i <= _room.room AND (c.total <= _room.budget) IS NOT FALSE;
        END IF;
        admitted := admitted || _let;
        IF _key.rate IS NOT NULL THEN
            within := least(within, extract(epoch FROM _key.rate_window / 40 + _waited));
            IF cardinality(_let) > 0 THEN
                PERFORM advisorjobs_grant(ARRAY[advisorjobs_scope('key', _key.key)], ARRAY[_spent], _key.rate_window);
                _room.opens_in := least(_room.opens_in, extract(epoch FROM _key.rate_window) * 1.03);
            END IF;
        END IF;
        IF _room.room = 0 OR cardinality(_let) < cardinality(_mine) THEN
            PERFORM advisorjobs_park_behind_key(_key.key, _let, greatest(2, 300 / _keys), _room.opens_in);
        END IF;
    END LOOP;
END $$;

-- Takes a key's ready jobs out of the ready index, at most _most of them, but _but. A look after half a minute stands in for a
-- job's end that nobody noticed.
DROP FUNCTION IF EXISTS advisorjobs_park_behind_key(text, bigint[], double precision);
CREATE OR REPLACE FUNCTION advisorjobs_park_behind_key(_key text, _but bigint[], _most integer, _opens_in double precision)
RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM advisorjobs_keys k WHERE k.key = _key FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN  -- somebody is changing it: the next claim parks them
        RETURN;
    END IF;
    UPDATE procrastinate_jobs SET parked = 'key' WHERE id = ANY (ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.limit_key = _key AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL AND NOT j.id = ANY (_but)
         ORDER BY j.parked, j.turn, j.priority DESC, j.id LIMIT _most FOR NO KEY UPDATE SKIP LOCKED));
    UPDATE advisorjobs_keys
       SET wake_at = least(wake_at, clock_timestamp() + make_interval(secs => least(greatest(0.001, coalesce(_opens_in, 30)), 30))),
           last_turn = coalesce((SELECT j.turn FROM procrastinate_jobs j WHERE j.id = _but[cardinality(_but)]), last_turn)
     WHERE key = _key;
END $$;

-- Brings back what is parked behind keys that are due for a look, as many as there is room for; a hundred in all, then the next claim
-- goes on. Where there was some it looks again after a second: the workers that serve what came back may have no slot free, and
-- others could go on.
CREATE OR REPLACE FUNCTION advisorjobs_wake_keys() RETURNS void
LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    _key advisorjobs_keys;
    _room record;
    _next bigint;
    _turn text;
    _back bigint[];
    _most integer := 100;
BEGIN
    FOR _key IN SELECT k.* FROM advisorjobs_keys k WHERE k.wake_at <= now() ORDER BY k.wake_at LIMIT 20 FOR NO KEY UPDATE SKIP LOCKED LOOP
        EXIT WHEN _most = 0;
        CONTINUE WHEN NOT pg_try_advisory_xact_lock(hashtextextended(_key.key, 1));
        SELECT * INTO _key FROM advisorjobs_keys k WHERE k.key = _key.key;  -- as it is under the lock
        SELECT * INTO _room FROM advisorjobs_key_room(_key);
        _turn := _key.last_turn;
        _back := '{}';
        WHILE cardinality(_back) < least(_room.room, _most) LOOP
            SELECT j.id, j.turn INTO _next, _turn FROM procrastinate_jobs j
             WHERE j.limit_key = _key.key AND j.parked = 'key' AND j.status = 'todo' AND j.scheduled_at IS NULL
               AND j.turn > _turn
             ORDER BY j.turn, j.priority DESC, j.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
            IF NOT FOUND THEN
                SELECT j.id, j.turn INTO _next, _turn FROM procrastinate_jobs j
                 WHERE j.limit_key = _key.key AND j.parked = 'key' AND j.status = 'todo' AND j.scheduled_at IS NULL
                 ORDER BY j.turn, j.priority DESC, j.id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
                EXIT WHEN NOT FOUND;
            END IF;
            UPDATE procrastinate_jobs SET parked = NULL, era = DEFAULT WHERE id = _next;
            _back := _back || _next;
        END LOOP;
        UPDATE advisorjobs_keys k
           SET last_turn = coalesce(_turn, ''),
               wake_at = CASE WHEN (
                       SELECT j.id FROM procrastinate_jobs j
                        WHERE j.limit_key = _key.key AND j.parked = 'key' AND j.status = 'todo' AND j.scheduled_at IS NULL
                        ORDER BY j.turn LIMIT 1) IS NOT NULL
                   THEN clock_timestamp() + make_interval(secs => CASE WHEN cardinality(_back) = _most THEN 0
                            ELSE least(greatest(0.001, coalesce(_room.opens_in, 30)), CASE WHEN _room.room > 0 THEN 1 ELSE 30 END) END) END
         WHERE k.key = _key.key;
        _most := _most - cardinality(_back);
    END LOOP;
END $$;

-- Takes the advisory locks of these keys, in hash order. After the locks of jobs and job rows, before rows of keys and queues.
CREATE OR REPLACE FUNCTION advisorjobs_hold_keys(_keys text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hash) FROM (
        SELECT DISTINCT hashtextextended(key, 1) AS hash FROM unnest(_keys) AS k(key) ORDER BY hash) h;
END $$;

-- Runs of jobs with these keys have ended: what waits behind them is looked at by the next claim. Under the keys' locks until the commit:
-- a claim that still counts the run has then said that something waits, and one that comes later doesn't count it.
CREATE OR REPLACE FUNCTION advisorjobs_key_freed(_keys text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM advisorjobs_hold_keys(ARRAY(SELECT k.key FROM advisorjobs_keys k WHERE k.key = ANY (_keys)));
    UPDATE advisorjobs_keys SET wake_at = now() WHERE key = ANY (ARRAY(
        SELECT k.key FROM advisorjobs_keys k WHERE k.key = ANY (_keys) AND (k.wake_at > now()) IS TRUE ORDER BY k.key FOR NO KEY UPDATE));
    IF FOUND THEN
        PERFORM advisorjobs_wake();
    END IF;
END $$;
