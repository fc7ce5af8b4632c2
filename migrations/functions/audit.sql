-- The audit log. Whatever people change, the SQL function that changes it notes it (advisorjobs_note): so commands, Python, the
-- dashboard, the API and plain SQL can't forget to, and the note exists if and only if the change does.
--
-- WHO. A statement that knows says so first (advisorjobs_act, in its FROM): {"by", "role", "via", "why", "organization_id"}. It holds for
-- that one statement, so that it is never taken for who speaks next in the same transaction. Else it is SQL, and the database's user.
--
-- TENANTS. Who belongs to an organization (organization_id above) may do a few things, to what is its own. advisorjobs_note refuses all
-- else, and what was done falls with it.

-- Says who acts in this statement; returns true, so that it can stand in a FROM.
CREATE OR REPLACE FUNCTION advisorjobs_act(_actor jsonb) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM set_config('advisorjobs.actor', (jsonb_build_object('by', session_user) || _actor || jsonb_build_object(
        'statement', extract(epoch FROM statement_timestamp())))::text, true);
    RETURN true;
END $$;

-- Who acts in this statement.
CREATE OR REPLACE FUNCTION advisorjobs_actor() RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _said text := nullif(current_setting('advisorjobs.actor', true), '');
    _actor jsonb := _said::jsonb;
BEGIN
    IF (_actor ->> 'statement')::numeric = extract(epoch FROM statement_timestamp())::numeric THEN
        RETURN _actor;
    END IF;
    RETURN jsonb_build_object('by', session_user, 'via', 'sql');
END $$;

-- Whether who acts may see and change what is this organization's.
CREATE OR REPLACE FUNCTION advisorjobs_is_theirs(_organization text) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT a.own IS NULL OR a.own IS NOT DISTINCT FROM _organization FROM (SELECT advisorjobs_actor() ->> 'organization_id' AS own) a
$$;

-- Refuses with SQLSTATE 42501 what somebody of an organization may not do.
CREATE OR REPLACE FUNCTION advisorjobs_check_actor(_action text, _organization text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _own text := advisorjobs_actor() ->> 'organization_id';
BEGIN
    IF _own IS NOT NULL AND (_organization IS DISTINCT FROM _own OR NOT _action IN ('retry', 'cancel', 'show values')) THEN
        RAISE EXCEPTION '% is not for people of organization %', _action, _own USING ERRCODE = '42501';
    END IF;
END $$;

-- Refuses with SQLSTATE 42501 whoever has a role of the dashboard that is less than this one; commands and programs have none.
CREATE OR REPLACE FUNCTION advisorjobs_check_role(_needs text) RETURNS void
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _roles constant text[] := '{viewer,operator,admin}';
BEGIN
    IF array_position(_roles, advisorjobs_actor() ->> 'role') < array_position(_roles, _needs) THEN
        RAISE EXCEPTION 'this needs the role %', _needs USING ERRCODE = '42501';
    END IF;
END $$;

-- Writes a row of the audit log; returns its number. _by, _why: as the function that calls was told; whoever signed in can't give another
-- name.
CREATE OR REPLACE FUNCTION advisorjobs_note(
    _action text, _kind text, _subject text, _organization text, _before jsonb, _after jsonb, _count bigint DEFAULT NULL,
    _why text DEFAULT NULL, _by text DEFAULT NULL, _jobs bigint[] DEFAULT NULL, _part_of bigint DEFAULT NULL,
    _undoes bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _actor jsonb := advisorjobs_actor();
    _note bigint;
BEGIN
    _undoes := coalesce(_undoes, (_actor ->> 'undoes')::bigint);
    PERFORM advisorjobs_check_actor(_action, _organization);
    INSERT INTO advisorjobs_audit (
        by, role, via, action, subject_kind, subject, organization_id, job_ids, why, before, after, count, undoes, part_of)
    VALUES (
        coalesce(CASE WHEN _actor ->> 'role' IS NOT NULL THEN _actor ->> 'by' END, _by, _actor ->> 'by'), _actor ->> 'role', _actor ->> 'via', _action, _kind,
        _subject, _organization, _jobs, coalesce(_why, _actor ->> 'why'), _before, _after, _count, _undoes, _part_of)
    RETURNING id INTO _note;
    UPDATE advisorjobs_audit SET undone_by = _note WHERE id = _undoes;
    PERFORM set_config('advisorjobs.noted', extract(epoch FROM statement_timestamp()) || ':' || _note, true);
    RETURN _note;
END $$;

-- The row that this statement has written last; NULL: none.
CREATE OR REPLACE FUNCTION advisorjobs_noted() RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _said text := current_setting('advisorjobs.noted', true);
BEGIN
    IF split_part(_said, ':', 1) = extract(epoch FROM statement_timestamp())::text THEN
        RETURN split_part(_said, ':', 2);
    END IF;
    RETURN NULL;
END $$;

-- Somebody looked at the values of a job's payload, result and errors. False: there is no such job for them.
CREATE OR REPLACE FUNCTION advisorjobs_note_values_shown(_job bigint) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _organization text;
BEGIN
    SELECT organization_id INTO _organization FROM procrastinate_jobs WHERE id = _job;
    IF NOT FOUND THEN
        SELECT organization_id INTO _organization FROM advisorjobs_runs WHERE job_id = _job ORDER BY run_no DESC LIMIT 1;
    END IF;
    IF NOT FOUND OR NOT advisorjobs_is_theirs(_organization) THEN
        RETURN false;
    END IF;
    PERFORM advisorjobs_note('show values', 'job', _job::text, _organization, NULL, NULL);
    RETURN true;
END $$;

-- Somebody looks at the values of a schedule's payload; _organization '': of none. False: there is no such schedule for them.
CREATE OR REPLACE FUNCTION advisorjobs_note_schedule_shown(_key text, _organization text) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    IF NOT advisorjobs_is_theirs(nullif(_organization, '')) OR NOT EXISTS (
            SELECT FROM advisorjobs_schedules s WHERE s.organization_id = _organization AND s.key = _key) THEN
        RETURN false;
    END IF;
    PERFORM advisorjobs_note('show values', 'schedule', _key, nullif(_organization, ''), NULL, NULL);
    RETURN true;
END $$;

-- A row stays as it was written: all that may change is that it was undone, once; and it goes when it is a month old at least.
CREATE OR REPLACE FUNCTION advisorjobs_keep_audit() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.undone_by IS NULL AND to_jsonb(NEW) - 'undone_by' = to_jsonb(OLD) - 'undone_by' THEN
        RETURN NEW;
    ELSIF TG_OP = 'DELETE' AND OLD.at < now() - interval '29 days' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is written once and kept' USING ERRCODE = '42501';
END $$;
DROP TRIGGER IF EXISTS advisorjobs_keep_audit ON advisorjobs_audit;
CREATE TRIGGER advisorjobs_keep_audit BEFORE UPDATE OR DELETE ON advisorjobs_audit
    FOR EACH ROW EXECUTE FUNCTION advisorjobs_keep_audit();
DROP TRIGGER IF EXISTS advisorjobs_keep_whole_audit ON advisorjobs_audit;
CREATE TRIGGER advisorjobs_keep_whole_audit BEFORE TRUNCATE ON advisorjobs_audit
    FOR EACH STATEMENT EXECUTE FUNCTION advisorjobs_keep_audit();

-- Takes away what was noted before then, actions as old, and those that nobody agreed to within a day: they say what somebody looked for.
-- Returns how many rows of the log, at most _most of each.
CREATE OR REPLACE FUNCTION advisorjobs_forget_audit(_before timestamptz, _most integer) RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
    _gone bigint;
BEGIN
    DELETE FROM advisorjobs_actions WHERE id IN (
        SELECT id FROM advisorjobs_actions
         WHERE proposed_at < _before AND state <> 'running' OR proposed_at < now() - interval '1 day' AND state = 'proposed'
         ORDER BY id LIMIT _most);
    DELETE FROM advisorjobs_audit WHERE id IN (
        SELECT id FROM advisorjobs_audit WHERE at < _before ORDER BY id LIMIT _most);
    GET DIAGNOSTICS _gone = ROW_COUNT;
    RETURN _gone;
END $$;

-- What people did to one job, by itself or among many, the newest first.
CREATE OR REPLACE FUNCTION advisorjobs_job_audit(_job bigint, _most integer) RETURNS SETOF advisorjobs_audit
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
        SELECT e.* FROM (
            (SELECT a.* FROM advisorjobs_audit a
              WHERE a.subject_kind = 'job' AND a.subject = _job::text AND a.part_of IS NULL ORDER BY a.at DESC, a.id DESC LIMIT _most)
             UNION ALL
            (SELECT a.* FROM advisorjobs_audit a WHERE a.job_ids @> ARRAY[_job] ORDER BY a.at DESC, a.id DESC LIMIT _most)) e
         ORDER BY e.at DESC, e.id DESC LIMIT _most;
END $$;

-- A page of the log, the newest first, from the place (_at, _id) on: all that are given must hold. Steps of actions on many are left out.
CREATE OR REPLACE FUNCTION advisorjobs_audit_page(
    _at timestamptz, _id bigint, _since timestamptz, _until timestamptz, _by text, _action text, _kind text, _subject text,
    _organization text, _most integer)
RETURNS SETOF advisorjobs_audit
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY
        SELECT a.* FROM advisorjobs_audit a
         WHERE a.part_of IS NULL AND (_at IS NULL OR (a.at, a.id) < (_at, _id)) AND (_since IS NULL OR a.at >= _since)
           AND (_until IS NULL OR a.at < _until) AND (_by IS NULL OR a.by = _by) AND (_action IS NULL OR a.action = _action)
           AND (_kind IS NULL OR a.subject_kind = _kind) AND (_subject IS NULL OR a.subject = _subject)
           AND (_organization IS NULL OR a.organization_id = _organization)
         ORDER BY a.at DESC, a.id DESC LIMIT _most;
END $$;
