-- Actions on many jobs: looked at, confirmed, and carried out in steps by the job maintenance:bulk_action. LOCK ORDER: the action's row first,
-- then as in claim.sql; nobody who holds what a step takes waits for an action's row.
--
-- EXACTLY ONCE. A step locks the action's row, changes a few hundred jobs, notes them and moves the row's place on, in one transaction.
-- Whoever repeats it after a crash, or carries it out beside another, goes on from that place. Jobs are met in the order of their ids.
--
-- FROZEN. What is met has fitted the filter since before the confirmation: jobs that were queued, started, delayed, failed or edited after
-- it are left alone. The job that carries the action out is younger than that. A job that leaves the filter's states between the look of
-- a step and its change is left alone too: the change asks for the state again, under the job's lock.

-- Proposes an action on the jobs of _filter, or on _ids; returns its number. Whoever belongs to an organization proposes it for that
-- organization's jobs only.
DROP FUNCTION IF EXISTS advisorjobs_propose_action(text, jsonb, jsonb, bigint[]);
CREATE FUNCTION advisorjobs_propose_action(_action text, _arguments jsonb, _filter jsonb, _ids bigint[]) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _actor jsonb := advisorjobs_actor();
    _own text := _actor ->> 'organization_id';
    _sought jsonb := advisorjobs_sought(_filter);
    _count record;
    _id bigint;
BEGIN
    PERFORM advisorjobs_check_actor(_action, _own);
    PERFORM advisorjobs_check_role(CASE WHEN _sought IS NOT NULL THEN 'operator' END);
    PERFORM advisorjobs_refuse(CASE WHEN (_filter IS NULL) = (_ids IS NULL) THEN 'jobs: name jobs, or a filter' END);
    IF _action = 'clean' THEN
        _count := advisorjobs_count_cleaning(_filter);
    ELSIF _ids IS NOT NULL THEN
        _ids := ARRAY(SELECT DISTINCT id FROM unnest(_ids) AS i(id) ORDER BY id);
        SELECT count(*) AS fitting, false AS more, NULL::bigint AS looked INTO _count FROM procrastinate_jobs j
         WHERE j.id = ANY (_ids) AND advisorjobs_is_theirs(j.organization_id)
           AND advisorjobs_state_of(j) = ANY (advisorjobs_action_states(_action, NULL));
    ELSE
        IF _own IS NOT NULL THEN
            PERFORM advisorjobs_check_actor(_action, coalesce(_filter ->> 'organization_id', _own));
            _filter := _filter || jsonb_build_object('organization_id', _own);
        END IF;
        _count := advisorjobs_count_fitting(_filter, advisorjobs_action_states(_action, _filter -> 'states'));
    END IF;
    INSERT INTO advisorjobs_actions (
        action, arguments, filter, sought, job_ids, actor, proposer, organization_id, expected, expected_more, looked)
    VALUES (
        _action, coalesce(_arguments, '{}'), advisorjobs_told_filter(_filter), _sought, _ids, _actor - 'statement',
        jsonb_strip_nulls(jsonb_build_object('via', _actor -> 'via', 'by', _actor -> 'by', 'organization_id', _actor -> 'organization_id')),
        _own, _count.fitting, _count.more, CASE WHEN _count.more THEN _count.looked END)
    RETURNING id INTO _id;
    RETURN _id;
END $$;

-- What a cleaning would take away: as many as there are in the state, whatever their age.
DROP FUNCTION IF EXISTS advisorjobs_count_cleaning(jsonb);
CREATE FUNCTION advisorjobs_count_cleaning(_filter jsonb, OUT fitting bigint, OUT more boolean, OUT looked bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    SELECT coalesce(sum(CASE _filter ->> 'state' WHEN 'waiting' THEN s.waiting WHEN 'delayed' THEN s.delayed WHEN 'failed' THEN s.failed
                                                 WHEN 'completed' THEN s.completed WHEN 'cancelled' THEN s.cancelled END), 0)
      INTO fitting FROM advisorjobs_queue_stats(_filter ->> 'queue') s;
    more := false;
END $$;

-- Somebody agrees: from now on it is carried out. _why replaces what was said before. False: it isn't proposed any more, or there is none.
-- Refused where it was proposed over an hour ago, as nobody knows then what they agree to.
CREATE OR REPLACE FUNCTION advisorjobs_confirm_action(_id bigint, _why text) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _a advisorjobs_actions;
BEGIN
    SELECT * INTO _a FROM advisorjobs_actions a
     WHERE a.id = _id AND advisorjobs_is_theirs(a.organization_id) FOR UPDATE;
    IF NOT FOUND OR _a.state <> 'proposed' THEN
        RETURN false;
    END IF;
    PERFORM advisorjobs_check_role(CASE _a.action WHEN 'clean' THEN 'admin' ELSE 'operator' END);
    PERFORM advisorjobs_refuse(CASE WHEN _a.proposed_at < clock_timestamp() - interval '1 hour'
                                    THEN 'action: it was looked at over an hour ago, and there may be other jobs now: look again' END);
    UPDATE advisorjobs_actions a
       SET state = 'running', confirmed_at = clock_timestamp(),
           newest = (SELECT last_value FROM procrastinate_jobs_id_seq), first = (SELECT min(j.id) FROM procrastinate_jobs j),
           actor = (advisorjobs_actor() - 'statement') || jsonb_strip_nulls(jsonb_build_object('why', coalesce(_why, a.actor ->> 'why')))
     WHERE a.id = _id;
    PERFORM advisorjobs_note(
        _a.action, 'action', _id::text, _a.organization_id, NULL, jsonb_strip_nulls(jsonb_build_object(
            'arguments', nullif(_a.arguments, '{}'), 'filter', _a.filter, 'selected', cardinality(_a.job_ids),
            CASE WHEN _a.expected_more THEN 'expected_at_least' ELSE 'expected' END, _a.expected)), _why => coalesce(_why, _a.actor ->> 'why'));
    IF cardinality(_a.job_ids) <= (advisorjobs_step()).changed THEN
        PERFORM advisorjobs_carry_out_here(_id);
    ELSE
        PERFORM advisorjobs_carry_out(_id);
    END IF;
    RETURN true;
END $$;

-- Queues the job that carries an action out; the one that lives already goes on.
CREATE OR REPLACE FUNCTION advisorjobs_carry_out(_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE advisorjobs_actions SET job_id = enqueue_job(
        'maintenance:bulk_action', jsonb_build_object('organization_id', 'system', 'action_id', _id),
        unique_key => 'action:' || _id, priority => 1)
     WHERE id = _id;
END $$;

-- Carries out an action on few jobs at once.
CREATE OR REPLACE FUNCTION advisorjobs_carry_out_here(_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    WHILE NOT (SELECT s.finished FROM advisorjobs_action_step(_id) s) LOOP
    END LOOP;
END $$;

-- One step of an action, at most 500 jobs. finished: there is nothing left to do, or it was cancelled.
DROP FUNCTION IF EXISTS advisorjobs_action_step(bigint);
CREATE FUNCTION advisorjobs_action_step(_id bigint, OUT done bigint, OUT refused bigint, OUT expected bigint, OUT finished boolean)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _a advisorjobs_actions;
    _changed record;
    _next bigint;
BEGIN
    SELECT * INTO _a FROM advisorjobs_actions a WHERE a.id = _id FOR UPDATE;
    IF _a.state IS DISTINCT FROM 'running' THEN
        done := coalesce(_a.done, 0);
        refused := coalesce(_a.refused, 0);
        expected := coalesce(_a.expected, 0);
        finished := true;
        RETURN;
    END IF;
    PERFORM advisorjobs_act(_a.actor);
    IF _a.action = 'clean' THEN
        SELECT s.done, 0 AS refused, '{}'::jsonb AS reasons, s.next_after INTO _changed FROM advisorjobs_clean_some(
            _a.filter ->> 'queue', advisorjobs_cleaned_states(_a.filter ->> 'state'), (_a.filter ->> 'before')::timestamptz, _a.place) s;
    ELSIF _a.action = 'undo' THEN
        SELECT * INTO _changed FROM advisorjobs_undo_step(_a);
    ELSE
        SELECT * INTO _changed FROM advisorjobs_change_step(_a);
    END IF;
    INSERT INTO advisorjobs_action_refusals (action_id, job_id, reason)
    SELECT _id, key::bigint, value FROM jsonb_each_text(_changed.reasons) ORDER BY key::bigint
     LIMIT greatest(0, 1000 - _a.refused)
        ON CONFLICT DO NOTHING;
    UPDATE advisorjobs_actions a
       SET place = coalesce(_changed.next_after, a.place), done = a.done + _changed.done, refused = a.refused + _changed.refused,
           state = CASE WHEN _changed.next_after IS NULL THEN 'done' ELSE 'running' END,
           ended_at = CASE WHEN _changed.next_after IS NULL THEN clock_timestamp() END,
           sought = CASE WHEN _changed.next_after IS NOT NULL THEN a.sought END
     WHERE a.id = _id
    RETURNING a.done, a.refused, a.expected, a.state <> 'running' INTO done, refused, expected, finished;
    IF _a.action = 'clean' AND (finished OR done >= _a.noted + 10000) THEN
        PERFORM advisorjobs_note_cleaned(_id);
    END IF;
END $$;

-- What a cleaning has taken away since its last note: noted when it ends, as nobody asks later which jobs they were, and for each ten
-- thousand, should nobody ever end it.
DROP FUNCTION IF EXISTS advisorjobs_note_cleaned(jsonb, bigint);
CREATE OR REPLACE FUNCTION advisorjobs_note_cleaned(_id bigint) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _a advisorjobs_actions;
BEGIN
    SELECT * INTO _a FROM advisorjobs_actions a WHERE a.id = _id;
    PERFORM advisorjobs_note_cleaning(
        _a.filter ->> 'queue', advisorjobs_cleaned_states(_a.filter ->> 'state'), (_a.filter ->> 'before')::timestamptz, _a.done - _a.noted);
    UPDATE advisorjobs_actions a SET noted = a.done WHERE a.id = _id;
END $$;

-- The next jobs of a selection or a filter, changed.
CREATE OR REPLACE FUNCTION advisorjobs_change_step(
    _a advisorjobs_actions, OUT done bigint, OUT refused bigint, OUT reasons jsonb, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _most constant integer := (advisorjobs_step()).changed;
    _states constant text[] := advisorjobs_action_states(_a.action, _a.filter -> 'states');
    _ids bigint[];
    _changed record;
BEGIN
    IF _a.job_ids IS NOT NULL THEN  -- they are in order
        _ids := ARRAY(SELECT id FROM unnest(_a.job_ids) AS i(id) WHERE id > _a.place ORDER BY id LIMIT _most);
        next_after := CASE WHEN cardinality(_ids) = _most THEN _ids[_most] END;
    ELSE
        SELECT f.ids, f.next_after INTO _ids, next_after FROM advisorjobs_fitting_jobs(
            _a.filter || coalesce(_a.sought, '{}'), _states, _a.place, _a.newest, _a.confirmed_at, _most) f;
    END IF;
    _changed := advisorjobs_change_jobs(_a.action, _ids, _a.arguments, _a.id, CASE WHEN _a.job_ids IS NULL THEN _states END);
    done := cardinality(_changed.done);
    reasons := _changed.refused;
    refused := (SELECT count(*) FROM jsonb_object_keys(reasons));
END $$;

-- Stops an action; what it has done stays done. False: it isn't under way, or there is none.
CREATE OR REPLACE FUNCTION advisorjobs_cancel_action(_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _a advisorjobs_actions;
    _me constant jsonb := advisorjobs_actor();
BEGIN
    UPDATE advisorjobs_actions a
       SET state = 'cancelled', confirmed_at = coalesce(a.confirmed_at, clock_timestamp()), ended_at = clock_timestamp(), sought = NULL
     WHERE a.id = _id AND a.state IN ('proposed', 'running') AND advisorjobs_is_theirs(a.organization_id) RETURNING * INTO _a;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF _a.action = 'clean' AND _a.done > 0 THEN     -- what was cleaned so far, by whoever wanted it
        PERFORM advisorjobs_act(_a.actor);
        PERFORM advisorjobs_note_cleaned(_id);
        PERFORM advisorjobs_act(_me);
    END IF;
    PERFORM advisorjobs_note('cancel', 'action', _id::text, _a.organization_id, jsonb_build_object('state', 'running'),
                             jsonb_build_object('state', 'cancelled', 'done', _a.done)) WHERE _a.job_id IS NOT NULL;
    RETURN true;
END $$;

-- Lets an action go on whose job has ended before it: cancelled, failed, cleaned away. False: its job lives, or it has ended itself.
CREATE OR REPLACE FUNCTION advisorjobs_resume_action(_id bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _a advisorjobs_actions;
BEGIN
    SELECT * INTO _a FROM advisorjobs_actions a
     WHERE a.id = _id AND a.state = 'running' AND advisorjobs_is_theirs(a.organization_id) FOR UPDATE;
    IF NOT FOUND OR EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = _a.job_id AND j.status IN ('todo', 'doing')) THEN
        RETURN false;
    END IF;
    PERFORM advisorjobs_check_role(CASE _a.action WHEN 'clean' THEN 'admin' ELSE 'operator' END);
    PERFORM advisorjobs_carry_out(_id);
    RETURN true;
END $$;
