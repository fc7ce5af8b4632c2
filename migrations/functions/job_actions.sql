-- What people do to single jobs, to a selection, or to a step of many: retry, cancel, promote, change the priority, edit. LOCK ORDER: see
-- claim.sql; rows are waited for in the order of their ids, but in a cancellation of several.
--
-- A job of somebody else's organization is as one that isn't there.

-- What state a job is in, in the words of get_job().
CREATE OR REPLACE FUNCTION advisorjobs_state_of(_job procrastinate_jobs) RETURNS text
LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE _job.status WHEN 'todo' THEN CASE WHEN _job.scheduled_at IS NULL THEN 'waiting' ELSE 'delayed' END
                            WHEN 'doing' THEN 'active' WHEN 'failed' THEN 'failed' WHEN 'succeeded' THEN 'completed'
                            ELSE 'cancelled' END
$$;

-- Changes jobs; notes it. _action: retry, cancel, promote or priority (_arguments {"priority": 1 to 9}). _part_of: the action on many of which
-- this is a step. done: the jobs that were changed; refused: {"17": reason} for the others: gone (there is none, or it has ended and
-- left), key_taken, busy (a worker takes it at this moment), unchanged, or the state that it is in.
DROP FUNCTION IF EXISTS advisorjobs_change_jobs(text, bigint[], jsonb, bigint);
DROP FUNCTION IF EXISTS advisorjobs_change_jobs(text, bigint[], jsonb, bigint, text[]);
CREATE FUNCTION advisorjobs_change_jobs(
    _action text, _ids bigint[], _arguments jsonb DEFAULT '{}', _part_of bigint DEFAULT NULL, _states text[] DEFAULT NULL,
    OUT done bigint[], OUT refused jsonb)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _alone boolean := _part_of IS NULL AND cardinality(_ids) = 1;
    _was record;
    _before jsonb;
BEGIN
    SELECT coalesce(array_agg(j.id ORDER BY j.id), '{}') AS ids,
           CASE WHEN count(j.organization_id) = count(*) AND min(j.organization_id) = max(j.organization_id)
                THEN min(j.organization_id) END AS organization,
           coalesce(jsonb_object_agg(j.id, CASE _action WHEN 'promote' THEN to_jsonb(j.scheduled_at) WHEN 'priority' THEN to_jsonb(-j.priority)
                                           ELSE to_jsonb(advisorjobs_state_of(j)) END), '{}') AS each
      INTO _was FROM procrastinate_jobs j WHERE j.id = ANY (_ids) AND advisorjobs_is_theirs(j.organization_id);
    done := CASE _action WHEN 'retry' THEN advisorjobs_retry(_was.ids, NULL, true, NULL, NULL, NULL)
                         WHEN 'cancel' THEN advisorjobs_cancel_these(_was.ids, _alone, _states)
                         WHEN 'promote' THEN advisorjobs_promote_these(_was.ids)
                         WHEN 'priority' THEN advisorjobs_set_priority(_was.ids, (_arguments ->> 'priority')::integer, _states) END;
    SELECT coalesce(jsonb_object_agg(g.id, CASE
               WHEN j.id IS NULL THEN 'gone'
               WHEN NOT advisorjobs_state_of(j) = ANY (_states) THEN advisorjobs_state_of(j)
               WHEN _action = 'retry' AND j.status = 'failed' THEN 'key_taken'
               WHEN _action = 'cancel' AND j.status IN ('todo', 'doing') THEN 'busy'
               WHEN _action = 'promote' AND j.status = 'todo' AND j.scheduled_at IS NOT NULL THEN 'busy'
               WHEN _action = 'priority' AND j.status = 'todo' AND j.priority = -(_arguments ->> 'priority')::integer THEN 'unchanged'
               WHEN _action = 'priority' AND j.status = 'todo' THEN 'busy'
               ELSE advisorjobs_state_of(j) END), '{}')
      INTO refused FROM unnest(_ids) AS g(id) LEFT JOIN procrastinate_jobs j ON j.id = g.id AND j.id = ANY (_was.ids)
     WHERE NOT g.id = ANY (done);
    IF cardinality(done) = 0 THEN
        RETURN;
    END IF;
    SELECT jsonb_object_agg(key, value) INTO _before FROM jsonb_each(_was.each) WHERE key::bigint = ANY (done);
    IF _alone THEN
        PERFORM advisorjobs_note(
            _action, 'job', _ids[1]::text, _was.organization,
            jsonb_build_object(CASE _action WHEN 'promote' THEN 'scheduled_at' WHEN 'priority' THEN 'priority' ELSE 'state' END,
                               _before -> _ids[1]::text),
            CASE _action WHEN 'priority' THEN _arguments WHEN 'promote' THEN '{"scheduled_at": null}'
                         WHEN 'retry' THEN '{"state": "waiting"}'
                         ELSE jsonb_build_object('state', CASE WHEN _before ->> _ids[1]::text = 'active' THEN 'told to stop'
                                                               ELSE 'cancelled' END) END, 1);
    ELSE
        PERFORM advisorjobs_note(
            _action, 'jobs', coalesce(_part_of::text, ''), _was.organization, CASE WHEN _action IN ('promote', 'priority') THEN _before END,
            nullif(_arguments, '{}'), cardinality(done), _jobs => done, _part_of => _part_of);
    END IF;
END $$;

-- Waiting and delayed jobs end; running ones are asked to stop. Returns both. _alone: a single one is waited for while a claim holds it.
-- _states: only those that are in one of them.
DROP FUNCTION IF EXISTS advisorjobs_cancel_these(bigint[], boolean);
CREATE OR REPLACE FUNCTION advisorjobs_cancel_these(_ids bigint[], _alone boolean, _states text[] DEFAULT NULL) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _ended bigint[];
    _asked bigint[];
BEGIN
    IF _alone THEN
        RETURN CASE WHEN advisorjobs_cancel(_ids[1]) THEN _ids ELSE '{}' END;
    END IF;
    _ended := advisorjobs_take_out(_ids, coalesce(_states, '{waiting,delayed}'), NULL, true);
    WITH asked AS (
        UPDATE procrastinate_jobs SET abort_requested = true WHERE id = ANY (ARRAY(
            SELECT j.id FROM procrastinate_jobs j WHERE j.id = ANY (_ids) AND j.status = 'doing' AND ('active' = ANY (_states)) IS NOT FALSE
             ORDER BY j.id FOR NO KEY UPDATE SKIP LOCKED)) RETURNING id)
    SELECT coalesce(array_agg(id), '{}') INTO _asked FROM asked;
    IF cardinality(_asked) > 0 THEN
        PERFORM pg_notify('advisorjobs', 'cancel');
    END IF;
    RETURN _ended || _asked;
END $$;

-- Delayed jobs become ready now, as advisorjobs_promote() makes those that are due; returns those that did. When they were planned for
-- stays (planned_at); they wait from now on.
CREATE OR REPLACE FUNCTION advisorjobs_promote_these(_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _held bigint[] := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.id = ANY (_ids) AND j.status = 'todo' AND j.scheduled_at IS NOT NULL ORDER BY j.id FOR NO KEY UPDATE);
BEGIN
    IF cardinality(_held) = 0 THEN
        RETURN '{}';
    END IF;
    WITH due AS (
        UPDATE procrastinate_jobs SET planned_at = scheduled_at, queued_at = least(now(), scheduled_at), scheduled_at = NULL, era = DEFAULT
         WHERE id = ANY (_held) RETURNING queue_name)
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
    SELECT queue_name, count(*), -count(*) FROM due GROUP BY queue_name;
    PERFORM advisorjobs_wake();
    RETURN _held;
END $$;

-- Gives jobs that wait another priority, 1 (first) to 9; returns those that had another. Those of a lock change their line: its first is
-- brought back into the ready index, as it may have stood parked behind another. A job whose lock was changed meanwhile is left: its
-- line isn't held. _states: only those that are in one of them.
DROP FUNCTION IF EXISTS advisorjobs_set_priority(bigint[], integer);
CREATE OR REPLACE FUNCTION advisorjobs_set_priority(_ids bigint[], _priority integer, _states text[] DEFAULT NULL) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _locks text[] := ARRAY(SELECT DISTINCT j.lock FROM procrastinate_jobs j WHERE j.id = ANY (_ids) AND j.lock IS NOT NULL);
    _held bigint[];
BEGIN
    PERFORM advisorjobs_refuse(CASE WHEN _priority IS NULL OR NOT _priority BETWEEN 1 AND 9
                                    THEN format('priority: must be 1 (first) to 9, got %s', coalesce(_priority::text, 'nothing')) END);
    PERFORM advisorjobs_hold_locks(_locks);
    _held := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.id = ANY (_ids) AND j.status = 'todo' AND j.priority <> -_priority AND (j.lock IS NULL OR j.lock = ANY (_locks))
           AND (_states IS NULL OR advisorjobs_state_of(j) = ANY (_states))
         ORDER BY j.id FOR NO KEY UPDATE);
    UPDATE procrastinate_jobs SET priority = -_priority, era = DEFAULT WHERE id = ANY (_held);
    IF cardinality(_locks) > 0 THEN
        PERFORM advisorjobs_next_turns(_locks);
    END IF;
    RETURN _held;
END $$;

-- Promoted jobs wait for their times again: {"17": time}; returns those that do. One that has started, or whose time has come, stays.
CREATE OR REPLACE FUNCTION advisorjobs_delay_again(_times jsonb) RETURNS bigint[]
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _ids bigint[] := ARRAY(SELECT key::bigint FROM jsonb_each_text(_times) WHERE value::timestamptz > now());
    _locks text[] := ARRAY(SELECT DISTINCT j.lock FROM procrastinate_jobs j WHERE j.id = ANY (_ids) AND j.lock IS NOT NULL);
    _held bigint[];
BEGIN
    PERFORM advisorjobs_hold_locks(_locks);
    _held := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
         WHERE j.id = ANY (_ids) AND j.status = 'todo' AND j.scheduled_at IS NULL AND (j.lock IS NULL OR j.lock = ANY (_locks))
         ORDER BY j.id FOR NO KEY UPDATE);
    WITH later AS (
        UPDATE procrastinate_jobs j
           SET scheduled_at = t.at, queued_at = t.at, parked = NULL, delayed_since = now()
          FROM (SELECT key::bigint AS id, value::timestamptz AS at FROM jsonb_each_text(_times)) t
         WHERE j.id = t.id AND j.id = ANY (_held) RETURNING j.queue_name)
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
    SELECT queue_name, -count(*), count(*) FROM later GROUP BY queue_name;
    IF cardinality(_locks) > 0 THEN
        PERFORM advisorjobs_next_turns(_locks);
    END IF;
    RETURN _held;
END $$;

-- Gives a job another payload, which Python has checked: _job as advisorjobs_enqueue takes it. A failed one runs again, with all its
-- attempts; one that waits goes on waiting; both keep their numbers. Of one that has ended and left a new one is made, with a tag that
-- names the old. _version: of the payload that was edited (advisorjobs_version); another one is refused, so that nobody's edit is lost.
-- job_id: whose payload it is now; outcome: retried, changed, created; or refused: gone, active, key_taken, stale, unchanged.
DROP FUNCTION IF EXISTS advisorjobs_edit_job(bigint, jsonb, text);
CREATE FUNCTION advisorjobs_edit_job(_id bigint, _job jsonb, _version text, OUT job_id bigint, OUT outcome text)
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _lives boolean := advisorjobs_hold_job(_id);
    _was record;
    _changed text[];
BEGIN
    job_id := _id;
    SELECT g.* INTO _was FROM get_job(_id) g;
    IF _was.id IS NULL OR NOT advisorjobs_is_theirs(_was.organization_id) THEN
        outcome := 'gone';
        RETURN;
    END IF;
    PERFORM advisorjobs_refuse(CASE WHEN _job ->> 'organization_id' IS DISTINCT FROM _was.organization_id
                                    THEN 'organization_id: a job can''t be given to another organization' END);
    _changed := ARRAY(SELECT coalesce(o.key, n.key) FROM jsonb_each(_was.payload) o FULL JOIN jsonb_each(_job -> 'args') n USING (key)
                       WHERE o.value IS DISTINCT FROM n.value ORDER BY 1);
    outcome := CASE WHEN advisorjobs_version(_was.payload) <> _version THEN 'stale' WHEN _was.status = 'active' THEN 'active'
                    WHEN _changed = '{}' AND _was.status IN ('waiting', 'delayed') THEN 'unchanged' END;
    IF outcome IS NOT NULL THEN
        RETURN;
    END IF;
    IF NOT _lives OR _was.status IN ('completed', 'cancelled') THEN
        SELECT e.id INTO job_id FROM advisorjobs_enqueue(jsonb_build_array(
            _job || jsonb_build_object('tags', coalesce(to_jsonb(_was.tags), '[]') || to_jsonb('from job ' || _id)))) e;
        outcome := 'created';
    ELSE
        outcome := CASE WHEN _was.status <> 'failed' THEN 'changed'
                        WHEN cardinality(advisorjobs_retry(ARRAY[_id], NULL, true, NULL, NULL, NULL)) = 0 THEN 'key_taken'
                        ELSE 'retried' END;
        IF outcome = 'key_taken' THEN   -- before anything of the job is touched
            RETURN;
        END IF;
        UPDATE procrastinate_jobs j
           SET args = _job -> 'args', cost = coalesce((_job ->> 'cost')::smallint, 1), limit_key = _job ->> 'limit_key',
               parked = CASE WHEN j.parked <> 'key' THEN j.parked END, era = DEFAULT
         WHERE j.id = _id;
    END IF;
    PERFORM advisorjobs_wake();
    PERFORM advisorjobs_note('edit', 'job', _id::text, _was.organization_id, jsonb_build_object('state', _was.status), jsonb_strip_nulls(
        jsonb_build_object('changed_fields', to_jsonb(_changed), 'state', CASE WHEN outcome = 'changed' THEN _was.status ELSE 'waiting' END,
                           'new_job', CASE WHEN outcome = 'created' THEN job_id END)), 1);
END $$;

-- Tells one payload from another.
CREATE OR REPLACE FUNCTION advisorjobs_version(_payload jsonb) RETURNS text
LANGUAGE sql IMMUTABLE AS $$ SELECT md5(_payload::text) $$;
