-- Taking old history away: whole months at once, the rest in steps of a few thousand rows. Nothing here waits for a lock for long, as
-- whoever comes later would wait behind it.

-- Takes one month of history that ended before _before out of the table, or drops one that was taken out; returns its name, NULL
-- when there is none (or none can be had now: its rows go with the others then).
--
-- Not DETACH CONCURRENTLY, which PostgreSQL refuses where a default partition exists. The plain one changes two catalog rows, but
-- needs the table for itself for that moment: it is asked for at last, for 25 ms at most, and again a little later. What is
-- dropped nobody can reach any more.
CREATE OR REPLACE FUNCTION advisorjobs_forget_month(_before timestamptz) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '25ms' AS $$
DECLARE
    _month record;
BEGIN
    FOR _month IN
        SELECT c.relname AS name, EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AS attached
          FROM pg_class c
         WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'advisorjobs_runs'::regclass)
           AND c.relkind = 'r' AND c.relname ~ '^advisorjobs_runs_\d{4}_\d{2}$'
           AND (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month') AT TIME ZONE 'UTC' <= _before
         ORDER BY c.relname LOOP
        FOR _try IN 1 .. 20 LOOP
            BEGIN
                IF _month.attached THEN
                    EXECUTE format('LOCK TABLE advisorjobs_runs_default, %I IN ACCESS EXCLUSIVE MODE', _month.name);
                    EXECUTE format('ALTER TABLE advisorjobs_runs DETACH PARTITION %I', _month.name);
                ELSE
                    EXECUTE format('DROP TABLE %I', _month.name);
                END IF;
                RETURN _month.name;
            EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
                PERFORM pg_sleep(0.02 * _try);
            END;
        END LOOP;
    END LOOP;
    RETURN NULL;
END $$;

-- Deletes what is older than _before from a few pages of one table, beginning with page _page; says how many rows these were, and
-- where to go on (NULL: nowhere). Rows that somebody else holds are left. Tallies go when all of their time is over.
CREATE OR REPLACE FUNCTION advisorjobs_forget_step(
    _before timestamptz, _table text, _page bigint, OUT done bigint, OUT next_table text, OUT next_page bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET lock_timeout = '100ms' AS $$
DECLARE
    _tables CONSTANT text[] := advisorjobs_tables_with_old(_before);
    _place integer := coalesce(array_position(_tables, _table), 1);
    _pages bigint;
    _passed integer := 0;
BEGIN
    done := 0;
    next_page := coalesce(_page, 0);
    WHILE done = 0 AND _passed < 50 AND _place <= cardinality(_tables) LOOP
        next_table := _tables[_place];
        _pages := pg_relation_size(format('%I', next_table)::regclass) / current_setting('block_size')::integer;
        EXECUTE format(
            'DELETE FROM %1$I WHERE ctid = ANY (ARRAY(
                SELECT ctid FROM %1$I WHERE ctid >= %2$L AND ctid < %3$L AND %4$s FOR UPDATE SKIP LOCKED))',
            next_table, format('(%s,0)', next_page), format('(%s,0)', next_page + 100),
            CASE WHEN next_table LIKE 'advisorjobs\_runs\_%' THEN 'finished_at < $1'
                 WHEN next_table = 'advisorjobs_log_lines' THEN 'at < $1'
                 ELSE 'since + make_interval(hours => grain) <= $1' END) USING _before;
        GET DIAGNOSTICS done = ROW_COUNT;
        _passed := _passed + 1;
        next_page := next_page + 100;
        IF next_page >= _pages THEN
            _place := _place + 1;
            next_page := 0;
        END IF;
    END LOOP;
    next_table := _tables[_place];
    IF next_table IS NULL THEN
        next_page := NULL;
    END IF;
END $$;

-- Which tables may hold something that is older than that.
CREATE OR REPLACE FUNCTION advisorjobs_tables_with_old(_before timestamptz) RETURNS text[]
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT array_agg(c.relname ORDER BY c.relname) || ARRAY['advisorjobs_log_lines', 'advisorjobs_tallies', 'advisorjobs_error_tallies']
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = 'advisorjobs_runs'::regclass
       AND CASE WHEN c.relname ~ '\d{4}_\d{2}$' THEN to_date(right(c.relname, 7), 'YYYY_MM') AT TIME ZONE 'UTC' < _before ELSE true END
$$;
