-- Eras of the ready index: see migrations/0060_vacuum.sql. Rules:
--   * whatever makes a job ready sets its era = DEFAULT, the present one; claims read only that one;
--   * an era that is over is looked through again whenever one of the transactions ended that ran when it ended (a job that they
--     inserted, or a claim that was rolled back, would else be seen by nobody), and forgotten after the last.
-- Transactions are compared by number, not by age: one that stays open for hours keeps no look at the others' jobs waiting.

-- Called by each worker once a second; one at a time does something. Begins the next era where claims walk over more than a
-- thousand dead entries, and moves jobs that were left behind in past ones. Returns how many jobs it moved.
-- A backlog is moved only where twice as many are dead, so that moving costs less than what it saves.
CREATE OR REPLACE FUNCTION advisorjobs_keep_era() RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _era integer;
    _dead integer;
    _living integer;
    _moved integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('advisorjobs_eras', 0)) THEN
        RETURN 0;
    END IF;
    _era := pg_sequence_last_value('advisorjobs_eras');
    _moved := advisorjobs_empty_past_eras();
    _dead := advisorjobs_dead_entries(_era);
    IF _dead > 1000 THEN
        SELECT count(*) INTO _living FROM (
            SELECT FROM procrastinate_jobs j
             WHERE j.era = _era AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL LIMIT 100000) l;
        IF _living < greatest(500, _dead / 2) THEN
            INSERT INTO advisorjobs_past_eras (era, upto) VALUES (_era, _era) ON CONFLICT (era) DO NOTHING;
            PERFORM setval('advisorjobs_eras', _era + 1);
            _moved := _moved + advisorjobs_move_to_present(_era, _era);
        END IF;
    END IF;
    IF _moved > 0 THEN
        PERFORM advisorjobs_wake();
    END IF;
    RETURN _moved;
END $$;

-- About how many dead entries of the ready index there are between jobs that a claim finds: it is walked as claims do, and what the
-- index gave is compared with what was there. Looking for queues passes each of them once; going through a queue that has
-- jobs passes its own three times: for its priorities, for its turns and for the turns' round.
CREATE OR REPLACE FUNCTION advisorjobs_dead_entries(_era integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    _index oid := 'advisorjobs_ready_idx'::regclass;
    _before bigint := pg_stat_get_xact_tuples_returned(_index);
    _between bigint := 0;
    _inside bigint := 0;
    _queue text := '';
    _priority integer;
    _found integer;
BEGIN
    LOOP
        SELECT j.queue_name INTO _queue FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name > _queue AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
         ORDER BY j.queue_name LIMIT 1;
        _between := _between + pg_stat_get_xact_tuples_returned(_index) - _before;
        _before := pg_stat_get_xact_tuples_returned(_index);
        EXIT WHEN _queue IS NULL;
        _found := 0;
        _priority := 2147483647;
        LOOP
            SELECT j.priority INTO _priority FROM procrastinate_jobs j
             WHERE j.era = _era AND j.queue_name = _queue AND j.priority < _priority AND j.status = 'todo'
               AND j.scheduled_at IS NULL AND j.parked IS NULL
             ORDER BY j.priority DESC LIMIT 1;
            EXIT WHEN _priority IS NULL;
            _found := _found + 2 + cardinality(advisorjobs_ring(_queue, _priority, '', true, NULL, 100));
        END LOOP;
        _inside := _inside + pg_stat_get_xact_tuples_returned(_index) - _before - _found;
        _before := pg_stat_get_xact_tuples_returned(_index);
    END LOOP;
    RETURN greatest(_between, _inside / 3);
END $$;

-- Ready jobs of these eras become ready jobs of the present one. Those that a claim is taking are left: should it be rolled back,
-- the next look finds them.
CREATE OR REPLACE FUNCTION advisorjobs_move_to_present(_from integer, _upto integer) RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    _moved integer;
BEGIN
    UPDATE procrastinate_jobs SET era = DEFAULT WHERE id = ANY (ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.era BETWEEN _from AND _upto AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
         ORDER BY j.id FOR NO KEY UPDATE SKIP LOCKED));
    GET DIAGNOSTICS _moved = ROW_COUNT;
    RETURN _moved;
END $$;

-- Looks through past eras as their writers end. Their list is taken a second after the end of the era at the earliest: by then every
-- statement that read the old era's number has its transaction number too. It is read before the look, so that
-- whoever is not on it any more is visible to the look.
CREATE OR REPLACE FUNCTION advisorjobs_empty_past_eras() RETURNS integer
LANGUAGE plpgsql AS $$
DECLARE
    _running xid8[] := ARRAY(SELECT x FROM pg_snapshot_xip(pg_current_snapshot()) AS x);
    _past advisorjobs_past_eras;
    _last advisorjobs_past_eras;
    _writers xid8[];
    _moved integer := 0;
BEGIN
    FOR _past IN SELECT * FROM advisorjobs_past_eras ORDER BY era LOOP
        _writers := CASE WHEN _past.writers IS NOT NULL THEN ARRAY(SELECT unnest(_past.writers) INTERSECT SELECT unnest(_running))
                         WHEN _past.ended_at < clock_timestamp() - interval '1 second' THEN _running END;
        IF _writers IS NULL OR _past.writers IS NULL OR cardinality(_writers) < cardinality(_past.writers) THEN
            _moved := _moved + advisorjobs_move_to_present(_past.era, _past.upto);
        END IF;
        IF _writers = '{}' THEN
            DELETE FROM advisorjobs_past_eras WHERE era = _past.era;
        ELSIF _writers <@ _last.writers AND _writers @> _last.writers AND _last.upto = _past.era - 1 THEN
            DELETE FROM advisorjobs_past_eras WHERE era = _past.era;
            UPDATE advisorjobs_past_eras SET upto = _past.upto WHERE era = _last.era;
            _last.upto := _past.upto;
        ELSE
            UPDATE advisorjobs_past_eras SET writers = _writers WHERE era = _past.era AND writers IS DISTINCT FROM _writers;
            _past.writers := _writers;
            _last := _past;
        END IF;
    END LOOP;
    RETURN _moved;
END $$;

-- Ready jobs of any other era than the present one: after a restore or a failover that did not bring the sequence along, or a
-- statement by hand. Walks the whole ready index; called with the orphans.
CREATE OR REPLACE FUNCTION advisorjobs_gather_eras() RETURNS integer
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
    _moved integer := advisorjobs_move_to_present(-2147483648, _era - 1) + advisorjobs_move_to_present(_era + 1, 2147483647);
BEGIN
    IF _moved > 0 THEN
        PERFORM advisorjobs_wake();
    END IF;
    RETURN _moved;
END $$;
