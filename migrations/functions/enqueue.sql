-- Enqueueing: one call, in the caller's transaction, from any language.

-- The one way in for everything of ours: _jobs is a JSON array of objects
--   name, queue, args           required; args is the payload
--   organization_id, tags, lock, queueing_lock
--   priority                    as stored: 1 (first) to 9, negated; null: the queue's own
--   scheduled_at | delay        when, or in how many seconds on the database's clock; null: now
--   unique_key, unique_for      see contract: one living job per organization, name and key; unique_for in seconds
-- Returns one row per job, in the order given: its id, and whether it was created (false: the id of the job that holds the key).
-- Ids are drawn first, so that they ascend in the order given.
DROP FUNCTION IF EXISTS advisorjobs_enqueue(jsonb);
CREATE FUNCTION advisorjobs_enqueue(_jobs jsonb) RETURNS TABLE (id bigint, created boolean)
LANGUAGE plpgsql ROWS 1 SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    _ids bigint[];
    _created boolean[];
    _job jsonb;
    _id bigint;
    _holder bigint;
BEGIN
    IF NOT jsonb_path_exists(_jobs, '$[*].unique_key ? (@ != null)') THEN
        RETURN QUERY
        WITH given AS MATERIALIZED (
            SELECT nextval('procrastinate_jobs_id_seq') AS id, r.*,
                   coalesce(r.scheduled_at, now() + make_interval(secs => r.delay)) AS at
              FROM ROWS FROM (jsonb_to_recordset(_jobs) AS (
                       name text, queue text, organization_id text, args jsonb, tags jsonb, lock text, queueing_lock text,
                       priority integer, scheduled_at timestamptz, delay double precision)) AS r),
        inserted AS (
            INSERT INTO procrastinate_jobs (
                id, queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at, planned_at, organization_id,
                queued_at, tags)
            SELECT g.id, g.queue, g.name, coalesce(g.priority, advisorjobs_priority_of(g.queue)), g.lock, g.queueing_lock, g.args,
                   CASE WHEN g.at > now() THEN g.at END, g.at, g.organization_id, greatest(now(), g.at),
                   CASE WHEN g.tags IS NOT NULL THEN ARRAY(SELECT jsonb_array_elements_text(g.tags)) END
              FROM given g)
        SELECT g.id, true FROM given g;
        RETURN;
    END IF;
    -- with keys: one at a time, as the second of two equal keys in one call must find the first
    FOR _job IN SELECT jsonb_array_elements(_jobs) LOOP
        IF _job ->> 'unique_key' IS NULL THEN
            RETURN QUERY SELECT * FROM advisorjobs_enqueue(jsonb_build_array(_job));
            CONTINUE;
        END IF;
        _id := nextval('procrastinate_jobs_id_seq');
        _holder := NULL;
        INSERT INTO advisorjobs_unique_keys AS k (organization_id, job_name, key, job_id, keep_for)
        VALUES (coalesce(_job ->> 'organization_id', ''), _job ->> 'name', _job ->> 'unique_key', _id,
                make_interval(secs => (_job ->> 'unique_for')::double precision))
        ON CONFLICT (organization_id, job_name, key) DO UPDATE
           SET job_id = excluded.job_id, keep_for = excluded.keep_for, free_at = NULL
         WHERE k.free_at <= now()
        RETURNING k.job_id INTO _holder;
        IF _holder IS NULL THEN
            RETURN QUERY SELECT k.job_id, false FROM advisorjobs_unique_keys k
             WHERE k.organization_id = coalesce(_job ->> 'organization_id', '') AND k.job_name = _job ->> 'name'
               AND k.key = _job ->> 'unique_key';
            CONTINUE;
        END IF;
        INSERT INTO procrastinate_jobs (
            id, queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at, planned_at, organization_id,
            queued_at, tags, unique_key)
        SELECT _id, _job ->> 'queue', _job ->> 'name',
               coalesce((_job ->> 'priority')::integer, advisorjobs_priority_of(_job ->> 'queue')), _job ->> 'lock',
               _job ->> 'queueing_lock', _job -> 'args', CASE WHEN t.at > now() THEN t.at END, t.at,
               _job ->> 'organization_id', greatest(now(), t.at),
               CASE WHEN jsonb_typeof(_job -> 'tags') = 'array'
                    THEN ARRAY(SELECT jsonb_array_elements_text(_job -> 'tags')) END, _job ->> 'unique_key'
          FROM (SELECT coalesce((_job ->> 'scheduled_at')::timestamptz,
                                now() + make_interval(secs => (_job ->> 'delay')::double precision)) AS at) t;
        RETURN QUERY SELECT _id, true;
    END LOOP;
END $$;

-- The stored priority (negated) of jobs that name none: their queue's.
CREATE OR REPLACE FUNCTION advisorjobs_priority_of(_queue text) RETURNS integer
LANGUAGE sql STABLE AS $$
    SELECT -coalesce((SELECT priority FROM advisorjobs_queues WHERE name = _queue), 3)
$$;

-- Writes what the application knows: [{"name", "priority"}], [{"name", "queue", "fields"}]. Job types are only ever added or
-- changed: an older program that starts later takes none away.
CREATE OR REPLACE FUNCTION advisorjobs_publish(_queues jsonb, _job_types jsonb) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO advisorjobs_queues AS q (name, priority)
    SELECT name, priority FROM jsonb_to_recordset(_queues) AS r(name text, priority smallint) ORDER BY name
    ON CONFLICT (name) DO UPDATE SET priority = excluded.priority WHERE q.priority <> excluded.priority;
    INSERT INTO job_types AS t (name, queue, fields)
    SELECT name, queue, fields FROM jsonb_to_recordset(_job_types) AS r(name text, queue text, fields jsonb) ORDER BY name
    ON CONFLICT (name) DO UPDATE SET queue = excluded.queue, fields = excluded.fields
     WHERE t.queue <> excluded.queue OR t.fields <> excluded.fields;
END $$;

-- The known job name that is nearest to _name: most characters in common from the front and from the back.
CREATE OR REPLACE FUNCTION advisorjobs_nearest_job(_name text) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT name FROM job_types, LATERAL (
        SELECT count(*) FILTER (WHERE left(name, n) = left(_name, n)) + count(*) FILTER (WHERE right(name, n) = right(_name, n))
               AS alike FROM generate_series(1, length(name)) AS n) s
     WHERE alike * 2 > length(name) ORDER BY alike DESC, name LIMIT 1
$$;

-- One job, for any client. Keys of the payload may be snake_case or camelCase. Refused with SQLSTATE 22023, naming the field:
-- an unknown job name (allow_unknown lets a name pass that is not deployed yet), an unknown or missing field, a wrong JSON
-- type, two different organizations.
DROP FUNCTION IF EXISTS enqueue_job(text, jsonb, text, timestamptz, interval, integer, text, interval, text[], boolean);
CREATE FUNCTION enqueue_job(
    name text, payload jsonb, organization_id text DEFAULT NULL, schedule_at timestamptz DEFAULT NULL,
    schedule_in interval DEFAULT NULL, priority integer DEFAULT NULL, unique_key text DEFAULT NULL,
    unique_for interval DEFAULT NULL, tags text[] DEFAULT NULL, allow_unknown boolean DEFAULT false)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
DECLARE
    _type job_types;
    _args jsonb;
    _said text;
BEGIN
    IF schedule_at IS NOT NULL AND schedule_in IS NOT NULL THEN
        RAISE EXCEPTION '%: schedule_at and schedule_in exclude each other: give one', name USING ERRCODE = '22023';
    END IF;
    IF priority IS NOT NULL AND priority NOT BETWEEN 1 AND 9 THEN
        RAISE EXCEPTION '%: priority: must be 1 (first) to 9, got %', name, priority USING ERRCODE = '22023';
    END IF;
    IF unique_for IS NOT NULL AND unique_key IS NULL THEN
        RAISE EXCEPTION '%: unique_for: needs a unique_key', name USING ERRCODE = '22023';
    END IF;
    IF jsonb_typeof(payload) IS DISTINCT FROM 'object' THEN
        RAISE EXCEPTION '%: payload: must be a JSON object', name USING ERRCODE = '22023';
    END IF;
    IF octet_length(payload::text) >= 262144 THEN
        RAISE EXCEPTION '%: payload: must be smaller than 256 kB, got % bytes', name, octet_length(payload::text)
            USING ERRCODE = '22023', HINT = 'Store the data in a table or a file and pass its id.';
    END IF;
    SELECT * INTO _type FROM job_types t WHERE t.name = enqueue_job.name;
    IF _type.name IS NULL AND NOT allow_unknown THEN
        RAISE EXCEPTION 'there is no job %', quote_literal(name) USING ERRCODE = '22023',
            HINT = coalesce('Did you mean ' || quote_literal(advisorjobs_nearest_job(name)) || '? ', '')
                || 'allow_unknown => true accepts a name that is not deployed yet.';
    END IF;
    _args := advisorjobs_snake_case(payload, _type.fields);
    _said := _args ->> 'organization_id';
    IF _said IS NOT NULL AND organization_id IS NOT NULL AND _said <> organization_id THEN
        RAISE EXCEPTION '%: organization_id: the payload names another organization than the call', name
            USING ERRCODE = '22023';
    END IF;
    IF organization_id IS NOT NULL THEN
        _args := _args || jsonb_build_object('organization_id', organization_id);
    END IF;
    IF _type.name IS NOT NULL THEN
        PERFORM advisorjobs_check_fields(_type, _args);
    END IF;
    RETURN (SELECT e.id FROM advisorjobs_enqueue(jsonb_build_array(jsonb_build_object(
        'name', name, 'queue', coalesce(_type.queue, 'default'), 'args', _args,
        'organization_id', _args ->> 'organization_id', 'priority', -priority, 'scheduled_at', schedule_at,
        'delay', extract(epoch FROM schedule_in), 'unique_key', unique_key, 'unique_for', extract(epoch FROM unique_for),
        'tags', to_jsonb(tags)))) e);
END $$;

-- The payload with each camelCase alias of the job's fields in place of its own name; organizationId always.
CREATE OR REPLACE FUNCTION advisorjobs_snake_case(_payload jsonb, _fields jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(coalesce(f.name, CASE key WHEN 'organizationId' THEN 'organization_id' ELSE key END), value), '{}')
      FROM jsonb_each(_payload) LEFT JOIN LATERAL (
        SELECT name FROM jsonb_each(_fields) AS d(name, field) WHERE field ->> 'alias' = key LIMIT 1) f ON true
$$;

CREATE OR REPLACE FUNCTION advisorjobs_check_fields(_type job_types, _args jsonb) RETURNS void
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    _name text;
    _value jsonb;
    _field jsonb;
    _kind text;
BEGIN
    FOR _name, _value IN SELECT * FROM jsonb_each(_args) LOOP
        _field := _type.fields -> _name;
        IF _field IS NULL THEN
            RAISE EXCEPTION '%: %: there is no such field', _type.name, _name USING ERRCODE = '22023',
                HINT = 'The fields are ' || (SELECT string_agg(key, ', ' ORDER BY key) FROM jsonb_each(_type.fields)) || '.';
        END IF;
        _kind := jsonb_typeof(_value);
        IF _kind = 'number' AND _value::text !~ '[.eE]' AND _field -> 'types' ? 'integer' THEN
            _kind := 'integer';
        END IF;
        IF _field ? 'types' AND NOT _field -> 'types' ? _kind THEN
            RAISE EXCEPTION '%: %: must be % (JSON), got %', _type.name, _name,
                (SELECT string_agg(t, ' or ') FROM jsonb_array_elements_text(_field -> 'types') t), _kind USING ERRCODE = '22023';
        END IF;
    END LOOP;
    SELECT key INTO _name FROM jsonb_each(_type.fields)
     WHERE (value ->> 'required')::boolean AND NOT _args ? key ORDER BY key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '%: %: is missing', _type.name, _name USING ERRCODE = '22023';
    END IF;
END $$;
