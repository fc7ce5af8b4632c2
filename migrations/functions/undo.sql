-- Taking back what the audit log tells of, as far as that is possible: it is done by the same functions, and is a row of the log itself that
-- names the other. Refused with SQLSTATE 22023 and the reason where it is too late: something has changed since, or has started.

-- Takes back what row _id of the audit log tells of. Returns the number of the action on many jobs that does it, where it takes several
-- steps; else NULL: it is done.
DROP FUNCTION IF EXISTS advisorjobs_undo(bigint);
CREATE FUNCTION advisorjobs_undo(_id bigint) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
DECLARE
    _n advisorjobs_audit;
BEGIN
    SELECT * INTO _n FROM advisorjobs_audit a WHERE a.id = _id FOR UPDATE;
    PERFORM advisorjobs_refuse(CASE
        WHEN _n.id IS NULL THEN format('undo: there is no entry %s', _id)
        WHEN _n.undone_by IS NOT NULL THEN 'undo: it was undone already'
        WHEN _n.undoes IS NOT NULL THEN 'undo: it was an undoing itself: do the thing again'
        WHEN _n.part_of IS NOT NULL THEN format('undo: it was a step of action %s: undo the whole of it', _n.part_of) END);
    PERFORM advisorjobs_check_actor('undo', _n.organization_id);
    PERFORM advisorjobs_check_role(CASE WHEN _n.subject_kind IN ('organization', 'key') AND _n.action IN ('limit', 'remove limit')
                                        THEN 'admin' ELSE 'operator' END);
    PERFORM advisorjobs_act(advisorjobs_actor() || jsonb_build_object('undoes', _id));
    CASE
        WHEN _n.subject_kind = 'job' AND _n.action IN ('promote', 'priority') THEN PERFORM advisorjobs_undo_job(_n);
        WHEN _n.subject_kind = 'action' AND _n.action IN ('promote', 'priority') THEN RETURN advisorjobs_undo_many(_n);
        WHEN _n.subject_kind IN ('queue', 'organization') AND _n.action IN ('pause', 'resume') THEN PERFORM advisorjobs_undo_pause(_n);
        WHEN _n.subject_kind IN ('queue', 'organization', 'key') AND _n.action IN ('limit', 'reset limit', 'remove limit')
            THEN PERFORM advisorjobs_undo_limit(_n);
        WHEN _n.subject_kind = 'schedule' AND _n.action IN ('pause', 'resume', 'create', 'edit') THEN PERFORM advisorjobs_undo_schedule(_n);
        ELSE PERFORM advisorjobs_refuse(format('undo: %s can''t be undone', _n.action));
    END CASE;
    PERFORM advisorjobs_act(advisorjobs_actor() - 'undoes');
    RETURN NULL;
END $$;

-- Refuses where things don't stand any more as they did after the change.
CREATE OR REPLACE FUNCTION advisorjobs_check_unchanged(_now jsonb, _after jsonb) RETURNS void
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT advisorjobs_refuse(CASE WHEN coalesce(_now, '{}') - 'closed_until' <> coalesce(_after, '{}') - 'closed_until'
                                   THEN 'undo: it was changed again since: look at how it stands now' END)
$$;

-- What each of these jobs was, back: {"17": time or priority}. Returns those that were set back.
CREATE OR REPLACE FUNCTION advisorjobs_set_back(_action text, _before jsonb, _after jsonb) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _still bigint[];
    _back bigint[] := '{}';
    _priority integer;
BEGIN
    IF _action = 'promote' THEN
        RETURN advisorjobs_delay_again(_before);
    END IF;
    _still := ARRAY(SELECT j.id FROM procrastinate_jobs j
                     WHERE j.id = ANY (ARRAY(SELECT key::bigint FROM jsonb_object_keys(_before) AS k(key)))
                       AND j.status = 'todo' AND j.priority = -(_after ->> 'priority')::integer);
    -- all their lines first: the levels come one after the other
    PERFORM advisorjobs_hold_locks(ARRAY(SELECT j.lock FROM procrastinate_jobs j WHERE j.id = ANY (_still) AND j.lock IS NOT NULL));
    PERFORM FROM procrastinate_jobs j WHERE j.id = ANY (_still) ORDER BY j.id FOR NO KEY UPDATE;
    FOR _priority IN SELECT DISTINCT value::integer FROM jsonb_each_text(_before) ORDER BY 1 LOOP
        _back := _back || advisorjobs_set_priority(
            ARRAY(SELECT key::bigint FROM jsonb_each_text(_before) WHERE value::integer = _priority AND key::bigint = ANY (_still)), _priority);
    END LOOP;
    RETURN _back;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_undo_job(_n advisorjobs_audit) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _field constant text := CASE _n.action WHEN 'promote' THEN 'scheduled_at' ELSE 'priority' END;
BEGIN
    IF cardinality(advisorjobs_set_back(_n.action, jsonb_build_object(_n.subject, _n.before -> _field), _n.after)) = 0 THEN
        PERFORM advisorjobs_refuse(CASE _n.action WHEN 'promote' THEN 'undo: the job has started, or its time has come'
                                                  ELSE 'undo: the job has started, or its priority was changed again' END);
    END IF;
    PERFORM advisorjobs_note('undo', 'job', _n.subject, _n.organization_id, _n.after, _n.before, 1);
END $$;

-- An action on many jobs is undone by another one.
CREATE OR REPLACE FUNCTION advisorjobs_undo_many(_n advisorjobs_audit) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _a advisorjobs_actions;
    _id bigint;
BEGIN
    SELECT * INTO _a FROM advisorjobs_actions a WHERE a.id = _n.subject::bigint;
    PERFORM advisorjobs_refuse(CASE WHEN _a.id IS NULL THEN 'undo: it is too long ago'
                                    WHEN _a.state = 'running' THEN 'undo: it is still under way: cancel it first' END);
    INSERT INTO advisorjobs_actions (action, arguments, actor, organization_id, expected, expected_more, state, confirmed_at)
    VALUES ('undo', jsonb_build_object('action', _a.id), advisorjobs_actor() - '{statement,undoes}'::text[], _a.organization_id, _a.done, false,
            'running', clock_timestamp())
    RETURNING id INTO _id;
    PERFORM advisorjobs_note('undo', 'action', _a.id::text, _a.organization_id, NULL, jsonb_build_object('action', _id), _a.done);
    IF _a.done <= (advisorjobs_step()).changed THEN
        PERFORM advisorjobs_carry_out_here(_id);
    ELSE
        PERFORM advisorjobs_carry_out(_id);
    END IF;
    RETURN _id;
END $$;

-- One step: what one step of the other action did.
CREATE OR REPLACE FUNCTION advisorjobs_undo_step(
    _a advisorjobs_actions, OUT done bigint, OUT refused bigint, OUT reasons jsonb, OUT next_after bigint)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _n advisorjobs_audit;
    _back bigint[];
BEGIN
    done := 0;
    refused := 0;
    reasons := '{}';
    SELECT * INTO _n FROM advisorjobs_audit n
     WHERE n.part_of = (_a.arguments ->> 'action')::bigint AND n.id > _a.place AND n.undone_by IS NULL ORDER BY n.id LIMIT 1;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    next_after := _n.id;
    _back := advisorjobs_set_back(_n.action, _n.before, _n.after);
    done := cardinality(_back);
    SELECT coalesce(jsonb_object_agg(i.id, CASE WHEN j.id IS NULL THEN 'gone' WHEN j.status = 'todo' THEN 'changed'
                                                ELSE advisorjobs_state_of(j) END), '{}'), count(*)
      INTO reasons, refused FROM unnest(_n.job_ids) AS i(id) LEFT JOIN procrastinate_jobs j ON j.id = i.id WHERE NOT i.id = ANY (_back);
    PERFORM advisorjobs_note('undo', 'jobs', _a.id::text, _n.organization_id, _n.after, NULL, done, _jobs => _back, _part_of => _a.id,
                             _undoes => _n.id);
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_undo_pause(_n advisorjobs_audit) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _queue text := CASE WHEN _n.subject_kind = 'queue' THEN _n.subject END;
    _until timestamptz := _n.before ->> 'until';
BEGIN
    PERFORM advisorjobs_check_unchanged(advisorjobs_pause_state(_queue, _n.organization_id), _n.after);
    PERFORM advisorjobs_refuse(CASE WHEN _until <= clock_timestamp() OR (_n.before ->> 'closed_until')::timestamptz <= clock_timestamp()
                                    THEN 'undo: the pause would have ended by now' END);
    IF _n.before ? 'since' THEN
        PERFORM pause_queue(_queue, _n.before ->> 'reason', _until, _n.before ->> 'paused_by', _n.organization_id);
    ELSIF _n.action = 'pause' THEN
        PERFORM resume_queue(_queue, _n.organization_id);
    ELSE
        UPDATE advisorjobs_queues q SET closed_until = (_n.before ->> 'closed_until')::timestamptz WHERE q.name = _queue;
        PERFORM advisorjobs_note('undo', 'queue', _queue, NULL, NULL, _n.before);
    END IF;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_undo_limit(_n advisorjobs_audit) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _queue text := coalesce(_n.after, _n.before) ->> 'queue';
    _who text := advisorjobs_actor() ->> 'by';
    _why text := 'undo of ' || _n.id;
    _rate record := advisorjobs_parse_rate('rate', _n.before ->> 'rate');
    _each record := advisorjobs_parse_rate('organization_rate', _n.before ->> 'organization_rate');
    _running integer := _n.before ->> 'running';
    _place jsonb := jsonb_build_object('queue', _queue);
BEGIN
    CASE _n.subject_kind
    WHEN 'queue' THEN
        PERFORM advisorjobs_check_unchanged(advisorjobs_limit_state(_n.subject), _n.after);
        UPDATE advisorjobs_queues q
           SET rate = _rate.starts, rate_window = _rate.per, running = _running, organization_rate = _each.starts,
               organization_rate_window = _each.per, organization_running = (_n.before ->> 'organization_running')::integer,
               fair = coalesce((_n.before ->> 'fair')::boolean, true),
               changed_at = CASE WHEN (_n.before ->> 'changed')::boolean THEN now() END,
               changed_by = CASE WHEN (_n.before ->> 'changed')::boolean THEN _who END,
               changed_why = CASE WHEN (_n.before ->> 'changed')::boolean THEN _why END
         WHERE q.name = _n.subject;
        PERFORM advisorjobs_note('undo', 'queue', _n.subject, NULL, _n.after, advisorjobs_limit_state(_n.subject));
    WHEN 'organization' THEN
        PERFORM advisorjobs_check_unchanged(coalesce(advisorjobs_rule_state(_queue, _n.subject), '{}') || _place, _n.after);
        DELETE FROM advisorjobs_organization_rules r WHERE r.queue = coalesce(_queue, '') AND r.organization_id = _n.subject;
        INSERT INTO advisorjobs_organization_rules (queue, organization_id, weight, rate, rate_window, running, changed_by, changed_why)
        SELECT coalesce(_queue, ''), _n.subject, (_n.before ->> 'weight')::integer, _rate.starts, _rate.per, _running, _who, _why
         WHERE (_n.before - 'queue') <> '{}';
        PERFORM advisorjobs_note('undo', 'organization', _n.subject, _n.subject, _n.after,
                                 coalesce(advisorjobs_rule_state(_queue, _n.subject), '{}') || _place);
    ELSE
        PERFORM advisorjobs_check_unchanged(advisorjobs_key_state(_n.subject), _n.after);
        UPDATE advisorjobs_keys k
           SET rate = _rate.starts, rate_window = _rate.per, running = _running, changed_at = now(), changed_by = _who, changed_why = _why
         WHERE k.key = _n.subject;
        PERFORM advisorjobs_release_key(_n.subject);
        PERFORM advisorjobs_note('undo', 'key', _n.subject, NULL, _n.after, advisorjobs_key_state(_n.subject));
    END CASE;
    PERFORM advisorjobs_wake();
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_undo_schedule(_n advisorjobs_audit) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _s advisorjobs_schedules := advisorjobs_schedule_of(_n.subject, coalesce(_n.organization_id, ''), true);
BEGIN
    PERFORM advisorjobs_refuse(CASE WHEN _s.id IS NULL THEN 'undo: the schedule was removed since' END);
    IF _n.action IN ('pause', 'resume') THEN
        PERFORM advisorjobs_check_unchanged(advisorjobs_schedule_pause(_s.id), _n.after);
        IF _n.before IS NULL THEN
            PERFORM resume_schedule(_n.subject, coalesce(_n.organization_id, ''));
        ELSE
            PERFORM pause_schedule(_n.subject, coalesce(_n.organization_id, ''), _n.before ->> 'reason', _n.before ->> 'paused_by');
        END IF;
        RETURN;
    END IF;
    PERFORM advisorjobs_check_unchanged(advisorjobs_schedule_state(_s.id), _n.after);
    IF _n.action = 'create' THEN
        PERFORM unschedule_job(_n.subject, coalesce(_n.organization_id, ''));
        RETURN;
    END IF;
    PERFORM advisorjobs_refuse(CASE WHEN _n.before ->> 'payload' <> _n.after ->> 'payload'
                                    THEN 'undo: its payload was changed, and the log keeps no payloads: put it again as it was' END);
    PERFORM advisorjobs_put_schedule((_n.before - '{payload,fields}'::text[]) || jsonb_build_object(
        'key', _s.key, 'organization_id', _s.organization_id, 'args', _s.args, 'lock', _s.lock, 'queueing_lock', _s.queueing_lock,
        'periodic_id', _s.periodic_id, 'stock_priority', _s.stock_priority, 'changed_by', advisorjobs_actor() ->> 'by'));
END $$;
