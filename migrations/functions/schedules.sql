-- Schedules: put, changed, advanced. What a cron expression means is decided by a worker (advisorjobs/flow/); here is what must be one
-- transaction.
--
-- EXACTLY ONCE. A worker reads what is due, without a lock, and decides: ticks and the next one. advisorjobs_advance_schedules then
-- locks the row, looks whether it is still at the version that was read, creates the jobs and moves the row on, together. Whoever
-- comes second, was stopped in between or repeats itself finds another version and changes nothing; whoever dies has done all or
-- nothing; nobody holds a lock while it thinks, so nobody's stall holds others up. Ticks only ascend (last_tick), so that a
-- clock that is put back runs none again. Time is the database's; tests pass another as _now.
--
-- LOCK ORDER: a schedule's row before its jobs; several schedules in the order of the jobs that they may cancel, none waited for.

-- Tells workers that a schedule was changed.
CREATE OR REPLACE FUNCTION advisorjobs_wake_schedulers() RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
    SELECT pg_notify('advisorjobs', 'schedules')
$$;

-- What SQL can judge of a schedule; cron texts are read by a worker.
CREATE OR REPLACE FUNCTION advisorjobs_check_schedule(_s advisorjobs_schedules) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _fields integer := cardinality(regexp_split_to_array(btrim(_s.cron), '\s+'));
BEGIN
    PERFORM advisorjobs_refuse(CASE
        WHEN coalesce(length(_s.key), 0) NOT BETWEEN 1 AND 200 THEN 'key: must have 1 to 200 characters'
        WHEN (_s.cron IS NULL) = (_s.every IS NULL) THEN 'cron: give either a cron expression or every, an interval'
        WHEN _s.cron !~ '^\s*@' AND _fields NOT IN (5, 6) THEN format(
            'cron: must have five fields (minute hour day month weekday) or six (second minute hour day month weekday), got %s in %L',
            CASE WHEN btrim(_s.cron) = '' THEN 0 ELSE _fields END, _s.cron)
        WHEN extract(year FROM _s.every) <> 0 OR extract(month FROM _s.every) <> 0
            THEN format('every: months and years differ in length, got %s: use cron, such as 0 9 1 * *', _s.every)
        WHEN _s.every NOT BETWEEN interval '1 second' AND interval '36525 days'
            THEN format('every: must be 1 second to 36525 days, got %s', _s.every)
        WHEN _s.start_at NOT BETWEEN '1970-01-01Z' AND '9000-01-01Z'
            THEN format('start_at: must lie between the years 1970 and 9000, got %s', _s.start_at)
        WHEN _s.end_at NOT BETWEEN '1970-01-01Z' AND '9000-01-01Z'
            THEN format('end_at: must lie between the years 1970 and 9000, got %s', _s.end_at)
        WHEN _s.end_at < _s.start_at THEN format('end_at: %s lies before start_at, %s', _s.end_at, _s.start_at)
        WHEN _s.run_limit < 1 THEN format('max_runs: must be 1 or more, got %s', _s.run_limit)
        WHEN _s.jitter NOT BETWEEN interval '0' AND interval '36525 days'
            THEN format('jitter: must be 0 to 36525 days, got %s', _s.jitter)
        WHEN _s.jitter >= _s.every THEN format('jitter: must be shorter than every, %s, got %s', _s.every, _s.jitter)
        WHEN _s.missed_cap NOT BETWEEN 1 AND 1000 THEN format('missed_cap: must be 1 to 1000, got %s', _s.missed_cap)
        WHEN _s.give_up_after NOT BETWEEN interval '1 microsecond' AND interval '36525 days'
            THEN format('give_up_after: must be more than 0 and at most 36525 days, got %s', _s.give_up_after) END);
END $$;

-- Refuses a zone that this server doesn't know; one of a schedule with this key was looked up before, which takes a tenth of a second.
CREATE OR REPLACE FUNCTION advisorjobs_check_zone(_zone text, _key text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    IF _zone = 'UTC' OR EXISTS (SELECT FROM advisorjobs_schedules s WHERE s.key = _key AND s.time_zone = _zone)
       OR EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = _zone) THEN
        RETURN;
    END IF;
    PERFORM advisorjobs_refuse(format('timezone: there is no time zone %L', _zone) || coalesce(
        ': did you mean ' || advisorjobs_nearest(_zone, ARRAY(
            SELECT z.name FROM pg_timezone_names z WHERE z.name !~ '^(posix|right)/')) || '?',
        ': name one of the IANA database, such as Europe/Berlin'));
END $$;

-- Creates a schedule, or changes what differs in the one that has this key; _given has the columns' names. Returns created, changed or
-- unchanged. Where the times stay as they were the next tick does too; else it is the first one after now. A pause stays, and so do locks
-- and what makes it one of a program's own where _given doesn't name them. planned_from: ticks from then on count, for a new one.
CREATE OR REPLACE FUNCTION advisorjobs_put_schedule(_given jsonb, _now timestamptz DEFAULT NULL) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _s advisorjobs_schedules;
    _old advisorjobs_schedules;
    _by text := coalesce(_given ->> 'changed_by', session_user);
    _created boolean;
    _before jsonb;
BEGIN
    _now := coalesce(_now, now());
    _s := jsonb_populate_record(NULL::advisorjobs_schedules, jsonb_build_object(
        'organization_id', '', 'time_zone', 'UTC', 'jitter', '0', 'overlap', 'allow', 'missed', 'once', 'missed_cap', 100,
        'planned_from', _now) || jsonb_strip_nulls(_given - 'args') || jsonb_build_object('args', _given -> 'args'));
    PERFORM advisorjobs_check_schedule(_s);
    SELECT * INTO _old FROM advisorjobs_schedules o
     WHERE o.organization_id = _s.organization_id AND o.key = _s.key FOR NO KEY UPDATE;
    _before := advisorjobs_schedule_state(_old.id);
    _s.periodic_id := CASE WHEN _given ? 'periodic_id' THEN _s.periodic_id ELSE _old.periodic_id END;
    _s.lock := CASE WHEN _given ? 'lock' THEN _s.lock ELSE _old.lock END;
    _s.queueing_lock := CASE WHEN _given ? 'queueing_lock' THEN _s.queueing_lock ELSE _old.queueing_lock END;
    _s.stock_priority := CASE WHEN _given ? 'stock_priority' THEN _s.stock_priority ELSE _old.stock_priority END;
    INSERT INTO advisorjobs_schedules AS o (
        organization_id, key, job_name, queue_name, args, priority, tags, cron, every, time_zone, start_at, end_at, run_limit, jitter,
        overlap, missed, missed_cap, give_up_after, periodic_id, lock, queueing_lock, stock_priority, planned_from, look_at,
        created_at, created_by, changed_at, changed_by)
    VALUES (_s.organization_id, _s.key, _s.job_name, _s.queue_name, _s.args, _s.priority, _s.tags, _s.cron, _s.every, _s.time_zone,
            _s.start_at, _s.end_at, _s.run_limit, _s.jitter, _s.overlap, _s.missed, _s.missed_cap, _s.give_up_after, _s.periodic_id,
            _s.lock, _s.queueing_lock, _s.stock_priority, _s.planned_from, _now, _now, _by, _now, _by)
        ON CONFLICT (organization_id, key) DO UPDATE
       SET (job_name, queue_name, args, priority, tags, cron, every, time_zone, start_at, end_at, run_limit, jitter, overlap, missed,
            missed_cap, give_up_after, periodic_id, lock, queueing_lock, stock_priority)
         = (excluded.job_name, excluded.queue_name, excluded.args, excluded.priority, excluded.tags, excluded.cron, excluded.every,
            excluded.time_zone, excluded.start_at, excluded.end_at, excluded.run_limit, excluded.jitter, excluded.overlap,
            excluded.missed, excluded.missed_cap, excluded.give_up_after, excluded.periodic_id, excluded.lock,
            excluded.queueing_lock, excluded.stock_priority),
           (planned_from, next_at, look_at, ended_at, broken) = (
                SELECT CASE WHEN t.same THEN o.planned_from ELSE greatest(_now, o.last_tick) END,
                       CASE WHEN t.same THEN o.next_at END,
                       CASE WHEN o.paused_at IS NOT NULL THEN NULL WHEN t.same THEN o.look_at ELSE _now END,
                       CASE WHEN t.same THEN o.ended_at END,
                       CASE WHEN t.same THEN o.broken END
                  FROM (SELECT (o.cron, o.every, o.time_zone, o.start_at, o.end_at, o.run_limit) IS NOT DISTINCT FROM (
                            excluded.cron, excluded.every, excluded.time_zone, excluded.start_at, excluded.end_at, excluded.run_limit)
                            AS same) t),
           version = o.version + 1, changed_at = _now, changed_by = _by
     WHERE (o.job_name, o.queue_name, o.args, o.priority, o.tags, o.cron, o.every, o.time_zone, o.start_at, o.end_at, o.run_limit,
            o.jitter, o.overlap, o.missed, o.missed_cap, o.give_up_after, o.periodic_id, o.lock, o.queueing_lock, o.stock_priority)
           IS DISTINCT FROM
           (excluded.job_name, excluded.queue_name, excluded.args, excluded.priority, excluded.tags, excluded.cron, excluded.every,
            excluded.time_zone, excluded.start_at, excluded.end_at, excluded.run_limit, excluded.jitter, excluded.overlap,
            excluded.missed, excluded.missed_cap, excluded.give_up_after, excluded.periodic_id, excluded.lock,
            excluded.queueing_lock, excluded.stock_priority)
    RETURNING o.version = 1, o.id INTO _created, _s.id;
    IF _created IS NULL THEN
        RETURN 'unchanged';
    END IF;
    PERFORM advisorjobs_wake_schedulers();
    PERFORM advisorjobs_note(
        CASE WHEN _created THEN 'create' ELSE 'edit' END, 'schedule', _s.key, nullif(_s.organization_id, ''), _before,
        advisorjobs_schedule_state(_s.id), _by => _by);
    RETURN CASE WHEN _created THEN 'created' ELSE 'changed' END;
END $$;

-- The schedules of procrastinate's @app.periodic that a worker's program has. What no program has asked for in a month goes.
CREATE OR REPLACE FUNCTION advisorjobs_put_periodic(_schedules jsonb, _max_delay interval) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    PERFORM advisorjobs_put_schedule(schedule || jsonb_build_object(
                'planned_from', now() - _max_delay, 'give_up_after', _max_delay, 'changed_by', '@app.periodic'))
       FROM jsonb_array_elements(_schedules) AS s(schedule);
    DELETE FROM advisorjobs_schedules WHERE look_at < now() - interval '31 days' AND periodic_id IS NOT NULL;
END $$;

-- What must be looked at, the longest due first. _periodic: see the table.
DROP FUNCTION IF EXISTS advisorjobs_due_schedules(timestamptz, text[], integer);
CREATE FUNCTION advisorjobs_due_schedules(_now timestamptz, _periodic text[], _most integer) RETURNS SETOF advisorjobs_schedules
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
        SELECT s.* FROM advisorjobs_schedules s
         WHERE s.look_at <= _now AND (s.periodic_id IS NULL OR s.key = ANY (_periodic))
         ORDER BY s.look_at LIMIT _most;
END $$;

-- In how many seconds something must be looked at; NULL: there is nothing.
CREATE OR REPLACE FUNCTION advisorjobs_next_schedule(_periodic text[]) RETURNS double precision
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
BEGIN
    RETURN extract(epoch FROM (
        SELECT s.look_at FROM advisorjobs_schedules s
         WHERE s.look_at IS NOT NULL AND (s.periodic_id IS NULL OR s.key = ANY (_periodic))
         ORDER BY s.look_at LIMIT 1) - clock_timestamp());
END $$;

-- The job of one tick. NULL: there is none, because procrastinate's own deferrer had created it, or its queueing lock is taken.
CREATE OR REPLACE FUNCTION advisorjobs_queue_tick(_s advisorjobs_schedules, _tick timestamptz, _delay double precision)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF _s.periodic_id IS NOT NULL THEN
        RETURN procrastinate_defer_periodic_job_v2(
            _s.queue_name, _s.lock, _s.queueing_lock, _s.job_name, coalesce(_s.stock_priority, 0), _s.periodic_id,
            extract(epoch FROM _tick)::bigint,
            _s.args || jsonb_build_object('timestamp', extract(epoch FROM _tick)::bigint));
    END IF;
    RETURN (SELECT e.id FROM advisorjobs_enqueue(jsonb_build_array(jsonb_build_object(
        'name', _s.job_name, 'queue', _s.queue_name, 'args', _s.args, 'organization_id', nullif(_s.organization_id, ''),
        'priority', coalesce(-_s.priority, nullif(_s.stock_priority, 0)), 'tags', to_jsonb(_s.tags), 'delay', _delay,
        'lock', _s.lock, 'queueing_lock', _s.queueing_lock,
        'cost', (SELECT t.cost FROM job_types t WHERE t.name = _s.job_name),
        'limit_key', (SELECT advisorjobs_filled(t.limit_key, _s.args) FROM job_types t WHERE t.name = _s.job_name)))) e);
EXCEPTION
    WHEN unique_violation THEN  -- procrastinate's deferrer leaves a tick out, too, while its task's queueing lock is taken
        IF _s.queueing_lock IS NULL THEN
            RAISE;
        END IF;
        RETURN NULL;
END $$;

-- Makes a tick into a job, by the schedule's overlap policy, and notes it. asked_for: out of turn, by people.
CREATE OR REPLACE FUNCTION advisorjobs_run_tick(
    _s advisorjobs_schedules, _tick timestamptz, _delay double precision, _asked_for boolean,
    OUT outcome advisorjobs_tick_outcome, OUT job_id bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _lives boolean := _s.overlap <> 'allow' AND EXISTS (
        SELECT FROM procrastinate_jobs j WHERE j.id = _s.last_job_id AND j.status IN ('todo', 'doing'));
BEGIN
    IF _lives AND _s.overlap = 'skip' THEN
        outcome := 'skipped';
    ELSE
        IF _lives THEN
            PERFORM advisorjobs_cancel(_s.last_job_id);
        END IF;
        job_id := advisorjobs_queue_tick(_s, _tick, _delay);
        outcome := CASE WHEN job_id IS NOT NULL THEN 'queued'
                        WHEN EXISTS (SELECT FROM procrastinate_periodic_defers p WHERE p.task_name = _s.job_name
                                        AND p.periodic_id = _s.periodic_id
                                        AND p.defer_timestamp >= extract(epoch FROM _tick)::bigint) THEN 'elsewhere'
                        ELSE 'skipped' END;
    END IF;
    INSERT INTO advisorjobs_schedule_ticks (schedule_id, tick, outcome, asked_for, job_id)
    VALUES (_s.id, _tick, outcome, _asked_for, job_id);
END $$;

-- Moves schedules on: [{"id", "version", "ticks": [{"at", "delay": seconds from now}], "next_at", "broken"}], as flow/ticks.py decides.
-- A step whose schedule is at another version by now does nothing. Returns what became of each tick.
CREATE OR REPLACE FUNCTION advisorjobs_advance_schedules(_steps jsonb)
RETURNS TABLE (schedule_id bigint, tick timestamptz, outcome text, job_id bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _step record;
    _tick record;
    _done record;
    _s advisorjobs_schedules;
BEGIN
    FOR _step IN
        SELECT g.* FROM jsonb_to_recordset(_steps) AS g(id bigint, version bigint, ticks jsonb, next_at timestamptz, broken text)
          JOIN advisorjobs_schedules s ON s.id = g.id
         ORDER BY s.last_job_id NULLS FIRST, g.id LOOP
        SELECT * INTO _s FROM advisorjobs_schedules s
         WHERE s.id = _step.id AND s.version = _step.version AND s.look_at IS NOT NULL
           FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        FOR _tick IN
            SELECT at, delay FROM jsonb_to_recordset(_step.ticks) AS t(at timestamptz, delay double precision) ORDER BY at LOOP
            EXIT WHEN _s.runs >= _s.run_limit;
            CONTINUE WHEN _tick.at <= _s.last_tick;
            _done := advisorjobs_run_tick(_s, _tick.at, _tick.delay, false);
            _s.last_tick := _tick.at;
            IF _done.outcome = 'skipped' THEN
                _s.skipped := _s.skipped + 1;
            ELSE
                _s.runs := _s.runs + 1;
                _s.last_at := clock_timestamp();
                _s.last_job_id := coalesce(_done.job_id, _s.last_job_id);
            END IF;
            schedule_id := _s.id;
            tick := _tick.at;
            outcome := _done.outcome;
            job_id := _done.job_id;
            RETURN NEXT;
        END LOOP;
        PERFORM advisorjobs_moved_on(_s, CASE WHEN _s.runs >= _s.run_limit THEN NULL ELSE _step.next_at END, _step.broken);
    END LOOP;
END $$;

-- Writes where a schedule stands after its ticks, and forgets all but its last hundred.
CREATE OR REPLACE FUNCTION advisorjobs_moved_on(_s advisorjobs_schedules, _next_at timestamptz, _broken text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    UPDATE advisorjobs_schedules o
       SET version = o.version + 1, next_at = _next_at, look_at = _next_at, last_tick = _s.last_tick, last_at = _s.last_at,
           last_job_id = _s.last_job_id, runs = _s.runs, skipped = _s.skipped, broken = _broken,
           ended_at = CASE WHEN _next_at IS NULL AND _broken IS NULL THEN clock_timestamp() END
     WHERE o.id = _s.id;
    DELETE FROM advisorjobs_schedule_ticks t
     WHERE t.schedule_id = _s.id
       AND t.tick < (SELECT k.tick FROM advisorjobs_schedule_ticks k WHERE k.schedule_id = _s.id
                      ORDER BY k.tick DESC OFFSET 99 LIMIT 1);
END $$;

-- The schedule that _key names, locked: of _organization, or (NULL) the only one that has the key. Where there is none: NULL with
-- _or_null, else a refusal.
CREATE OR REPLACE FUNCTION advisorjobs_schedule_of(_key text, _organization text, _or_null boolean) RETURNS advisorjobs_schedules
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _found advisorjobs_schedules[] := ARRAY(
        SELECT s FROM advisorjobs_schedules s
         WHERE s.key = _key AND (_organization IS NULL OR s.organization_id = _organization) ORDER BY s.id FOR NO KEY UPDATE);
BEGIN
    IF cardinality(_found) > 1 THEN
        PERFORM advisorjobs_refuse(format('key: %s organizations have a schedule %L: name one, with organization_id',
                                          cardinality(_found), _key));
    ELSIF cardinality(_found) = 0 AND NOT _or_null THEN
        PERFORM advisorjobs_refuse(format('key: there is no schedule %L', _key)
            || coalesce(' of organization ' || quote_literal(_organization), '') || coalesce(
            ': did you mean ' || quote_literal(advisorjobs_nearest(_key, ARRAY(
                SELECT s.key FROM advisorjobs_schedules s
                 WHERE _organization IS NULL OR s.organization_id = _organization LIMIT 10000))) || '?',
            ': the view schedules has them all'));
    END IF;
    RETURN _found[1];
END $$;

-- Creates the schedule `key` of the organization, or changes what differs in it; returns the key. Calling it at each deploy is right: an
-- unchanged call changes nothing. cron: five fields, or six with the second first; or `every`, an interval. The job is checked as
-- enqueue_job does. A cron text that no worker can read makes the schedule broken: see the view schedules.
-- jitter: jobs wait for up to so long, each tick its own time. overlap: allow, skip or replace, while the job before still lives. missed: what
-- becomes of ticks that found no worker: skip, once, all (the latest missed_cap); none later than give_up_after.
DROP FUNCTION IF EXISTS schedule_job(
    text, text, jsonb, text, text, text, interval, timestamptz, timestamptz, integer, interval, text, text, integer, interval, text,
    integer, text[], boolean, text);
CREATE FUNCTION schedule_job(
    key text, name text, payload jsonb, cron text DEFAULT NULL, timezone text DEFAULT 'UTC', organization_id text DEFAULT NULL,
    every interval DEFAULT NULL, start_at timestamptz DEFAULT NULL, end_at timestamptz DEFAULT NULL, max_runs integer DEFAULT NULL,
    jitter interval DEFAULT NULL, overlap text DEFAULT 'allow', missed text DEFAULT 'once', missed_cap integer DEFAULT 100,
    give_up_after interval DEFAULT NULL, queue text DEFAULT NULL, priority integer DEFAULT NULL, tags text[] DEFAULT NULL,
    allow_unknown boolean DEFAULT false, changed_by text DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _job jsonb := advisorjobs_checked_job(jsonb_build_object(
        'name', name, 'payload', payload, 'organization_id', organization_id, 'priority', priority, 'tags', to_jsonb(tags),
        'allow_unknown', allow_unknown));
BEGIN
    PERFORM advisorjobs_refuse(CASE
        WHEN timezone IS NULL THEN 'timezone: must be a time zone''s name, such as Europe/Berlin'
        WHEN overlap IS NULL OR NOT overlap = ANY (enum_range(NULL::advisorjobs_overlap)::text[])
            THEN format('overlap: must be allow, skip or replace, got %L', overlap)
        WHEN missed IS NULL OR NOT missed = ANY (enum_range(NULL::advisorjobs_missed)::text[])
            THEN format('missed: must be skip, once or all, got %L', missed) END);
    PERFORM advisorjobs_check_zone(timezone, key);
    IF queue IS NOT NULL THEN
        PERFORM advisorjobs_check_queue(queue);
    END IF;
    PERFORM advisorjobs_put_schedule(jsonb_build_object(
        'key', key, 'job_name', name, 'queue_name', coalesce(queue, _job ->> 'queue'), 'args', _job -> 'args',
        'organization_id', _job ->> 'organization_id', 'priority', priority, 'tags', to_jsonb(tags),
        'cron', regexp_replace(btrim(cron), '\s+', ' ', 'g'), 'every', every, 'time_zone', timezone, 'start_at', start_at,
        'end_at', end_at, 'run_limit', max_runs, 'jitter', jitter, 'overlap', overlap, 'missed', missed, 'missed_cap', missed_cap,
        'give_up_after', give_up_after, 'changed_by', changed_by));
    RETURN key;
END $$;

-- Removes a schedule; jobs that it has created stay. organization_id may be left out where only one has the key. Returns whether there
-- was one.
DROP FUNCTION IF EXISTS unschedule_job(text, text);
CREATE FUNCTION unschedule_job(key text, organization_id text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
    _s advisorjobs_schedules := advisorjobs_schedule_of(key, organization_id, true);
    _before jsonb := advisorjobs_schedule_state(_s.id);
BEGIN
    DELETE FROM advisorjobs_schedules s WHERE s.id = _s.id;
    IF _s.id IS NULL THEN
        RETURN false;
    END IF;
    PERFORM advisorjobs_note('remove', 'schedule', key, nullif(_s.organization_id, ''), _before, NULL);
    RETURN true;
END $$;

-- Lets a schedule rest; its ticks meanwhile are not made up for. Pausing again changes reason and who. Returns whether it was not paused.
DROP FUNCTION IF EXISTS pause_schedule(text, text, text, text);
CREATE FUNCTION pause_schedule(
    key text, organization_id text DEFAULT NULL, reason text DEFAULT NULL, paused_by text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
    _s advisorjobs_schedules := advisorjobs_schedule_of(key, organization_id, false);
    _before jsonb := advisorjobs_schedule_pause(_s.id);
BEGIN
    UPDATE advisorjobs_schedules s
       SET version = s.version + 1, look_at = NULL, paused_at = coalesce(s.paused_at, now()), paused_why = reason,
           paused_by = coalesce(paused_by, session_user)
     WHERE s.id = _s.id;
    PERFORM advisorjobs_note('pause', 'schedule', key, nullif(_s.organization_id, ''), _before, advisorjobs_schedule_pause(_s.id),
                             _why => reason, _by => paused_by);
    RETURN _s.paused_at IS NULL;
END $$;

-- Lets a paused schedule go on with its next tick. Returns whether it was paused.
DROP FUNCTION IF EXISTS resume_schedule(text, text);
CREATE FUNCTION resume_schedule(key text, organization_id text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
    _s advisorjobs_schedules := advisorjobs_schedule_of(key, organization_id, false);
    _before jsonb := advisorjobs_schedule_pause(_s.id);
BEGIN
    UPDATE advisorjobs_schedules s
       SET version = s.version + 1, paused_at = NULL, paused_by = NULL, paused_why = NULL, next_at = NULL,
           planned_from = greatest(now(), s.last_tick),
           look_at = CASE WHEN s.ended_at IS NULL AND s.broken IS NULL THEN now() END
     WHERE s.id = _s.id AND s.paused_at IS NOT NULL;
    PERFORM advisorjobs_wake_schedulers() WHERE _s.paused_at IS NOT NULL;
    PERFORM advisorjobs_note('resume', 'schedule', key, nullif(_s.organization_id, ''), _before, NULL) WHERE _s.paused_at IS NOT NULL;
    RETURN _s.paused_at IS NOT NULL;
END $$;

-- Runs a schedule's job once, now, beside its ticks: paused or not, and not counted in its limit. Returns the job's id; NULL where the
-- schedule's overlap policy is skip and its last job still lives.
DROP FUNCTION IF EXISTS run_schedule(text, text);
CREATE FUNCTION run_schedule(key text, organization_id text DEFAULT NULL) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_variable
DECLARE
    _s advisorjobs_schedules := advisorjobs_schedule_of(key, organization_id, false);
    _done record;
BEGIN
    IF _s.periodic_id IS NOT NULL THEN  -- out of turn: procrastinate_periodic_defers has nothing to say to it
        _s.args := _s.args || jsonb_build_object('timestamp', extract(epoch FROM now())::bigint);
        _s.periodic_id := NULL;
    END IF;
    _done := advisorjobs_run_tick(_s, clock_timestamp(), 0, true);
    UPDATE advisorjobs_schedules s SET version = s.version + 1, last_at = clock_timestamp(), last_job_id = _done.job_id
     WHERE s.id = _s.id AND _done.job_id IS NOT NULL;
    PERFORM advisorjobs_note('run', 'schedule', key, nullif(_s.organization_id, ''), NULL, jsonb_build_object('job', _done.job_id), 1)
      WHERE _done.job_id IS NOT NULL;
    RETURN _done.job_id;
END $$;

-- What became of a job, for the view: a function, as views of jobs are made anew by each migration.
CREATE OR REPLACE FUNCTION advisorjobs_outcome_of(_job bigint) RETURNS text
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN (SELECT j.status FROM get_job(_job) j);
END $$;

-- Every schedule. state: active, paused, broken or ended. next_run_at: NULL until a worker has planned it. last_outcome: what became of
-- its last job: waiting, delayed, active, completed, failed or cancelled; NULL once that was cleaned away.
DROP VIEW IF EXISTS schedules;
CREATE VIEW schedules AS
    SELECT s.key, nullif(s.organization_id, '') AS organization_id, s.job_name AS name, s.queue_name AS queue, s.args AS payload, s.cron,
           s.every, s.time_zone AS timezone,
           CASE WHEN s.paused_at IS NOT NULL THEN 'paused' WHEN s.broken IS NOT NULL THEN 'broken'
                WHEN s.ended_at IS NOT NULL THEN 'ended' ELSE 'active' END AS state,
           CASE WHEN s.paused_at IS NULL THEN s.next_at END AS next_run_at, s.last_at AS last_run_at, s.last_job_id,
           CASE WHEN s.last_job_id IS NOT NULL THEN advisorjobs_outcome_of(s.last_job_id) END AS last_outcome, s.runs, s.skipped,
           s.start_at, s.end_at, s.run_limit AS max_runs, s.jitter, s.overlap::text AS overlap, s.missed::text AS missed, s.missed_cap,
           s.give_up_after, s.priority, s.tags, s.broken, s.paused_at, s.paused_by, s.paused_why, s.ended_at, s.periodic_id,
           s.created_at, s.created_by, s.changed_at, s.changed_by, s.planned_from, s.last_tick, s.id
      FROM advisorjobs_schedules s;
