-- Limits, rules and pauses from outside: who changes what, when and why. limits.sql, turns.sql and keys.sql obey what is written here.
--
-- An argument that is left out (NULL) keeps what is there; `remove` takes limits away by name: remove => '{rate,running}'. A rate is a
-- number of starts per time: '20/s', '200/min', '1000/h', '5/10 s'. What can't be used is refused with SQLSTATE 22023. A change holds
-- from the first claim after its commit; idle workers are told. Commit soon: claims of a limited queue wait for its row.

-- Raises _rule where there is one: what, which value, what is allowed. _hint: '' for none.
DROP FUNCTION IF EXISTS advisorjobs_refuse(text);
CREATE OR REPLACE FUNCTION advisorjobs_refuse(_rule text, _hint text DEFAULT '') RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF _rule IS NOT NULL AND _hint = '' THEN
        RAISE EXCEPTION '%', _rule USING ERRCODE = '22023';
    ELSIF _rule IS NOT NULL THEN
        RAISE EXCEPTION '%', _rule USING ERRCODE = '22023', HINT = _hint;
    END IF;
END $$;

-- Refuses a queue that nobody knows: it is in no queue table, no job type has it, and it has no jobs.
CREATE OR REPLACE FUNCTION advisorjobs_check_queue(_queue text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _known text[] := ARRAY(SELECT q.name FROM advisorjobs_queues q UNION SELECT t.queue FROM job_types t ORDER BY 1);
BEGIN
    IF NOT coalesce(_queue, '') = ANY (_known) AND NOT EXISTS (
        SELECT FROM procrastinate_jobs j
         WHERE j.era = (SELECT pg_sequence_last_value('advisorjobs_eras')) AND j.queue_name = _queue AND j.status = 'todo'
           AND j.scheduled_at IS NULL AND j.parked IS NULL)
       AND (_queue IS NULL OR NOT EXISTS (SELECT FROM advisorjobs_queue_stats(_queue))) THEN
        PERFORM advisorjobs_refuse(format('queue: there is no queue %s', coalesce(quote_literal(_queue), 'without a name'))
            || coalesce(': did you mean ' || quote_literal(advisorjobs_nearest(_queue, _known)) || '?',
                        ': the queues are ' || array_to_string(_known, ', ')));
    END IF;
END $$;

-- '200/min' -> 200, '1 minute'; NULL -> NULL, NULL. _option: the argument's name, for the error.
CREATE OR REPLACE FUNCTION advisorjobs_parse_rate(_option text, _text text, OUT starts integer, OUT per interval)
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
    _parts text[] := regexp_match(lower(_text),
        '^\s*(\d{1,9})\s*/\s*(\d{1,7}(?:\.\d{1,6})?)?\s*(s|sec|seconds?|min|minutes?|h|hours?|d|days?)\s*$');
    _seconds double precision;
BEGIN
    IF _text IS NULL THEN
        RETURN;
    END IF;
    _seconds := coalesce(_parts[2], '1')::double precision
        * CASE left(_parts[3], 1) WHEN 's' THEN 1 WHEN 'm' THEN 60 WHEN 'h' THEN 3600 ELSE 86400 END;
    PERFORM advisorjobs_refuse(CASE
        WHEN _parts IS NULL
            THEN format('%s: must be starts per time, such as 20/s, 200/min or 5/10 s, got %L', _option, _text)
        WHEN _parts[1]::integer < 1 THEN format('%s: must allow 1 start or more, got %L: pause_queue stops a queue', _option, _text)
        WHEN _seconds NOT BETWEEN 1 AND 31 * 86400
            THEN format('%s: must be per 1 second to 31 days, got %L', _option, _text) END);
    starts := _parts[1];
    per := make_interval(secs => _seconds);
END $$;

-- Checks a change: _given are its values by name (null: left out), _remove the limits to take away, of those of _removable.
CREATE OR REPLACE FUNCTION advisorjobs_check_change(_given jsonb, _remove text[], _removable text[]) RETURNS void
LANGUAGE plpgsql IMMUTABLE SET search_path FROM CURRENT AS $$
DECLARE
    _wrong text;
BEGIN
    _given := jsonb_strip_nulls(_given);
    SELECT name INTO _wrong FROM unnest(_remove) AS r(name) WHERE name IS NULL OR NOT name = ANY (_removable) LIMIT 1;
    IF FOUND THEN
        PERFORM advisorjobs_refuse(format('remove: there is no limit %L', _wrong)
            || coalesce(': did you mean ' || advisorjobs_nearest(_wrong, _removable) || '?',
                        ': it may name ' || array_to_string(_removable, ', ')));
    END IF;
    SELECT name INTO _wrong FROM unnest(_remove) AS r(name) WHERE _given ? name LIMIT 1;
    PERFORM advisorjobs_refuse(CASE
        WHEN _wrong IS NOT NULL THEN format('%s: is both set and removed: do one of them', _wrong)
        WHEN _given = '{}' AND coalesce(cardinality(_remove), 0) = 0 THEN 'nothing is to be changed: name a limit' END);
    SELECT key || ' ' || value INTO _wrong FROM jsonb_each(_given)
     WHERE key LIKE '%running' AND (value #>> '{}')::integer < 1 LIMIT 1;
    PERFORM advisorjobs_refuse(CASE
        WHEN _wrong IS NOT NULL THEN format('%s: must be 1 or more, got %s: remove takes the limit away, pause_queue stops a queue',
                                            split_part(_wrong, ' ', 1), split_part(_wrong, ' ', 2))
        WHEN (_given ->> 'weight')::integer NOT BETWEEN 1 AND 100
            THEN format('weight: must be 1 to 100 turns in a row, got %s', _given ->> 'weight') END);
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_check_organization(_organization text) RETURNS void
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT advisorjobs_refuse(CASE WHEN coalesce(_organization, '') = '' THEN 'organization_id: must not be empty' END)
$$;

-- Stops a queue (organization_id left out), an organization in each queue (queue left out), or an organization in a queue: no claim takes
-- its jobs, what runs goes on. Until it is resumed, or `until` has come. Pausing again replaces end, reason and who; `since` stays. Returns
-- whether it was not paused before.
DROP FUNCTION IF EXISTS pause_queue(text, text, timestamptz, text, text);
CREATE FUNCTION pause_queue(
    queue text DEFAULT NULL, reason text DEFAULT NULL, until timestamptz DEFAULT NULL, paused_by text DEFAULT NULL,
    organization_id text DEFAULT NULL)
RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _anew boolean;
    _before jsonb := advisorjobs_pause_state(queue, organization_id);
BEGIN
    PERFORM advisorjobs_refuse(CASE
        WHEN queue IS NULL AND organization_id IS NULL THEN 'queue: name a queue, an organization_id, or both'
        WHEN organization_id = '' THEN 'organization_id: must not be empty'
        WHEN until <= clock_timestamp() THEN format('until: must lie in the future, got %s', until)
        WHEN until >= '9999-01-01Z'
            THEN format('until: must lie before the year 9999, got %s: leave it out for a pause without an end', until) END);
    IF queue IS NOT NULL THEN
        PERFORM advisorjobs_check_queue(queue);
    END IF;
    DELETE FROM advisorjobs_pauses p WHERE p.until <= now();
    INSERT INTO advisorjobs_pauses AS p (queue, organization_id, until, reason, paused_by)
    VALUES (coalesce(queue, ''), coalesce(organization_id, ''), until, reason, coalesce(paused_by, session_user))
        ON CONFLICT ON CONSTRAINT advisorjobs_pauses_pkey
        DO UPDATE SET until = excluded.until, reason = excluded.reason, paused_by = excluded.paused_by
    RETURNING xmax = 0 INTO _anew;
    PERFORM advisorjobs_wake() WHERE NOT _anew;
    PERFORM advisorjobs_note(
        'pause', CASE WHEN queue IS NULL THEN 'organization' ELSE 'queue' END, coalesce(queue, organization_id), organization_id,
        _before, advisorjobs_pause_state(queue, organization_id), _why => reason, _by => paused_by);
    RETURN _anew;
END $$;

-- Ends a pause, of the same three kinds; a queue that an external service closed for a time is opened too. Returns whether there was
-- something to end.
DROP FUNCTION IF EXISTS resume_queue(text, text);
CREATE FUNCTION resume_queue(queue text DEFAULT NULL, organization_id text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _ended boolean;
    _before jsonb := advisorjobs_pause_state(queue, organization_id);
BEGIN
    PERFORM advisorjobs_refuse(CASE WHEN queue IS NULL AND organization_id IS NULL
                                    THEN 'queue: name a queue, an organization_id, or both' END);
    DELETE FROM advisorjobs_pauses p WHERE p.queue = coalesce(queue, '') AND p.organization_id = coalesce(organization_id, '')
    RETURNING p.until IS NULL OR p.until > now() INTO _ended;
    IF organization_id IS NULL THEN
        UPDATE advisorjobs_queues q SET closed_until = NULL WHERE q.name = queue AND q.closed_until > now();
        _ended := coalesce(_ended, false) OR FOUND;
    END IF;
    IF _ended THEN
        PERFORM advisorjobs_wake();
        PERFORM advisorjobs_note(
            'resume', CASE WHEN queue IS NULL THEN 'organization' ELSE 'queue' END, coalesce(queue, organization_id), organization_id,
            _before, NULL);
    ELSIF queue IS NOT NULL THEN
        PERFORM advisorjobs_check_queue(queue);
    END IF;
    RETURN coalesce(_ended, false);
END $$;

-- Changes what a queue may start, over all workers: rate, and running at once; organization_rate and organization_running are the same for
-- each organization in it. fair: whether organizations are served in turn; holds for jobs that are queued from then on.
DROP FUNCTION IF EXISTS set_queue_limit(text, text, integer, text, integer, boolean, text[], text, text);
CREATE FUNCTION set_queue_limit(
    queue text, rate text DEFAULT NULL, running integer DEFAULT NULL, organization_rate text DEFAULT NULL,
    organization_running integer DEFAULT NULL, fair boolean DEFAULT NULL, remove text[] DEFAULT '{}', why text DEFAULT NULL,
    changed_by text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _all record;
    _each record;
    _before jsonb := advisorjobs_limit_state(queue);
BEGIN
    remove := coalesce(remove, '{}');
    PERFORM advisorjobs_check_queue(queue);
    PERFORM advisorjobs_check_change(
        jsonb_build_object('rate', rate, 'running', running, 'organization_rate', organization_rate,
                           'organization_running', organization_running, 'fair', fair),
        remove, ARRAY['rate', 'running', 'organization_rate', 'organization_running']);
    _all := advisorjobs_parse_rate('rate', rate);
    _each := advisorjobs_parse_rate('organization_rate', organization_rate);
    INSERT INTO advisorjobs_queues (name, priority) VALUES (queue, 3) ON CONFLICT DO NOTHING;
    UPDATE advisorjobs_queues q
       SET rate = CASE WHEN NOT 'rate' = ANY (remove) THEN coalesce(_all.starts, q.rate) END,
           rate_window = CASE WHEN NOT 'rate' = ANY (remove) THEN coalesce(_all.per, q.rate_window) END,
           running = CASE WHEN NOT 'running' = ANY (remove) THEN coalesce(running, q.running) END,
           organization_rate =
               CASE WHEN NOT 'organization_rate' = ANY (remove) THEN coalesce(_each.starts, q.organization_rate) END,
           organization_rate_window =
               CASE WHEN NOT 'organization_rate' = ANY (remove) THEN coalesce(_each.per, q.organization_rate_window) END,
           organization_running = CASE WHEN NOT 'organization_running' = ANY (remove)
                                       THEN coalesce(organization_running, q.organization_running) END,
           fair = coalesce(fair, q.fair), changed_at = now(), changed_by = coalesce(changed_by, session_user), changed_why = why
     WHERE q.name = queue;
    PERFORM advisorjobs_wake();
    PERFORM advisorjobs_note(
        'limit', 'queue', queue, NULL, _before, advisorjobs_limit_state(queue), _why => why, _by => changed_by);
END $$;

-- Back to what the queue table says, and to following it. Returns whether anybody had changed the queue.
DROP FUNCTION IF EXISTS reset_queue_limit(text);
CREATE FUNCTION reset_queue_limit(queue text) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _done boolean;
    _before jsonb := advisorjobs_limit_state(queue);
BEGIN
    PERFORM advisorjobs_check_queue(queue);
    UPDATE advisorjobs_queues q
       SET rate = q.table_rate, rate_window = q.table_rate_window, running = NULL, organization_rate = NULL,
           organization_rate_window = NULL, organization_running = NULL, fair = true, changed_at = NULL, changed_by = NULL,
           changed_why = NULL
     WHERE q.name = queue AND q.changed_at IS NOT NULL;
    _done := FOUND;
    PERFORM advisorjobs_wake();
    IF _done THEN
        PERFORM advisorjobs_note('reset limit', 'queue', queue, NULL, _before, advisorjobs_limit_state(queue));
    END IF;
    RETURN _done;
END $$;

-- What differs for one organization, in one queue or (queue left out) in each. weight: turns in a row, 1 unless said. What isn't said in
-- its rule for a queue is taken from its rule for each, and else from what the queue says for every organization.
DROP FUNCTION IF EXISTS set_organization_rule(text, text, integer, text, integer, text[], text, text);
CREATE FUNCTION set_organization_rule(
    organization_id text, queue text DEFAULT NULL, weight integer DEFAULT NULL, rate text DEFAULT NULL, running integer DEFAULT NULL,
    remove text[] DEFAULT '{}', why text DEFAULT NULL, changed_by text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _rate record;
    _before jsonb := advisorjobs_rule_state(queue, organization_id);
    _after jsonb;
BEGIN
    remove := coalesce(remove, '{}');
    PERFORM advisorjobs_check_organization(organization_id);
    IF queue IS NOT NULL THEN
        PERFORM advisorjobs_check_queue(queue);
    END IF;
    PERFORM advisorjobs_check_change(jsonb_build_object('weight', weight, 'rate', rate, 'running', running), remove,
                                     ARRAY['weight', 'rate', 'running']);
    _rate := advisorjobs_parse_rate('rate', rate);
    -- a claim that obeys the rule locks the queue's row
    INSERT INTO advisorjobs_queues (name, priority) SELECT queue, 3 WHERE queue IS NOT NULL ON CONFLICT DO NOTHING;
    INSERT INTO advisorjobs_organization_rules AS r (
        queue, organization_id, weight, rate, rate_window, running, changed_by, changed_why)
    VALUES (coalesce(queue, ''), organization_id, weight, _rate.starts, _rate.per, running, coalesce(changed_by, session_user), why)
        ON CONFLICT ON CONSTRAINT advisorjobs_organization_rules_pkey DO UPDATE
       SET weight = CASE WHEN NOT 'weight' = ANY (remove) THEN coalesce(excluded.weight, r.weight) END,
           rate = CASE WHEN NOT 'rate' = ANY (remove) THEN coalesce(excluded.rate, r.rate) END,
           rate_window = CASE WHEN NOT 'rate' = ANY (remove) THEN coalesce(excluded.rate_window, r.rate_window) END,
           running = CASE WHEN NOT 'running' = ANY (remove) THEN coalesce(excluded.running, r.running) END,
           changed_at = now(), changed_by = excluded.changed_by, changed_why = excluded.changed_why;
    DELETE FROM advisorjobs_organization_rules r
     WHERE r.queue = coalesce(queue, '') AND r.organization_id = organization_id
       AND r.weight IS NULL AND r.rate IS NULL AND r.running IS NULL;
    PERFORM advisorjobs_wake();
    _after := advisorjobs_rule_state(queue, organization_id);
    PERFORM advisorjobs_note(
        'limit', 'organization', organization_id, organization_id, _before || jsonb_build_object('queue', queue),
        coalesce(_after, '{}') || jsonb_build_object('queue', queue), _why => why, _by => changed_by);
END $$;

-- Lets an organization be served as all others are. Returns whether there was a rule.
DROP FUNCTION IF EXISTS remove_organization_rule(text, text);
CREATE FUNCTION remove_organization_rule(organization_id text, queue text DEFAULT NULL) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _done boolean;
    _before jsonb := advisorjobs_rule_state(queue, organization_id);
BEGIN
    PERFORM advisorjobs_check_organization(organization_id);
    DELETE FROM advisorjobs_organization_rules r WHERE r.queue = coalesce(queue, '') AND r.organization_id = organization_id;
    _done := FOUND;
    IF _done THEN
        PERFORM advisorjobs_wake();
        PERFORM advisorjobs_note(
            'remove limit', 'organization', organization_id, organization_id, _before || jsonb_build_object('queue', queue),
            jsonb_build_object('queue', queue));
    ELSIF queue IS NOT NULL THEN
        PERFORM advisorjobs_check_queue(queue);
    END IF;
    RETURN _done;
END $$;

-- Limits of a key (a service, an account), over all queues. remove may name closed_until: a key that its service closed is opened. Jobs that
-- are parked behind the key are looked at again at once.
DROP FUNCTION IF EXISTS set_key_limit(text, text, integer, text[], text, text);
CREATE FUNCTION set_key_limit(
    key text, rate text DEFAULT NULL, running integer DEFAULT NULL, remove text[] DEFAULT '{}', why text DEFAULT NULL,
    changed_by text DEFAULT NULL)
RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
#variable_conflict use_variable
DECLARE
    _rate record;
    _before jsonb := advisorjobs_key_state(key);
BEGIN
    remove := coalesce(remove, '{}');
    PERFORM advisorjobs_refuse(CASE WHEN coalesce(key, '') = '' THEN 'key: must not be empty' END);
    PERFORM advisorjobs_check_change(jsonb_build_object('rate', rate, 'running', running), remove,
                                     ARRAY['rate', 'running', 'closed_until']);
    _rate := advisorjobs_parse_rate('rate', rate);
    INSERT INTO advisorjobs_keys AS k (key, rate, rate_window, running, changed_by, changed_why)
    VALUES (key, _rate.starts, _rate.per, running, coalesce(changed_by, session_user), why)
        ON CONFLICT ON CONSTRAINT advisorjobs_keys_pkey DO UPDATE
       SET rate = CASE WHEN NOT 'rate' = ANY (remove) THEN coalesce(excluded.rate, k.rate) END,
           rate_window = CASE WHEN NOT 'rate' = ANY (remove) THEN coalesce(excluded.rate_window, k.rate_window) END,
           running = CASE WHEN NOT 'running' = ANY (remove) THEN coalesce(excluded.running, k.running) END,
           closed_until = CASE WHEN NOT 'closed_until' = ANY (remove) THEN k.closed_until END,
           changed_at = now(), changed_by = excluded.changed_by, changed_why = excluded.changed_why;
    PERFORM advisorjobs_release_key(key);
    PERFORM advisorjobs_note('limit', 'key', key, NULL, _before, advisorjobs_key_state(key), _why => why, _by => changed_by);
END $$;

-- A key without limits again, unless its service has closed it. Returns whether there was a limit.
DROP FUNCTION IF EXISTS remove_key_limit(text);
CREATE FUNCTION remove_key_limit(key text) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _done boolean;
    _before jsonb := advisorjobs_key_state(key);
BEGIN
    PERFORM advisorjobs_refuse(CASE WHEN coalesce(key, '') = '' THEN 'key: must not be empty' END);
    UPDATE advisorjobs_keys k SET rate = NULL, rate_window = NULL, running = NULL, changed_at = now(), changed_by = session_user,
                                  changed_why = NULL
     WHERE k.key = key AND (k.rate IS NOT NULL OR k.running IS NOT NULL);
    _done := FOUND;
    PERFORM advisorjobs_release_key(key);
    IF _done THEN
        PERFORM advisorjobs_note('remove limit', 'key', key, NULL, _before, advisorjobs_key_state(key));
    END IF;
    RETURN _done;
END $$;

-- After a change: what is parked behind a key is looked at by the next claim. The row stays, even one that says nothing any more: a claim
-- that has read it may be about to park jobs behind it.
CREATE OR REPLACE FUNCTION advisorjobs_release_key(_key text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    UPDATE advisorjobs_keys k SET wake_at = greatest(now(), k.closed_until)
     WHERE k.key = _key AND (k.wake_at IS NOT NULL OR EXISTS (
        SELECT FROM procrastinate_jobs j
         WHERE j.limit_key = _key AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked = 'key'));
    PERFORM advisorjobs_wake();
END $$;
