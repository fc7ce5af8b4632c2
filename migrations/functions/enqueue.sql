-- Enqueueing: one call, in the caller's transaction, from any language.

-- The one way in for everything of ours: _jobs is a JSON array of objects
--   name, queue, args           required; args is the payload
--   organization_id, tags, lock, queueing_lock
--   priority                    as stored: 1 (first) to 9, negated; null: the queue's own
--   scheduled_at | delay        when, or in how many seconds on the database's clock; null: now
--   cost, limit_key             starts of a rate limit that it uses up (default 1); the service or account whose limits hold for it
--   traceparent                 W3C's: the span that queues it, whose trace its runs continue
--   unique_key, unique_for      see contract: one living job per organization, name and key; unique_for in seconds
-- Returns one row per job, in the order given: its id, and whether it was created (false: the id of the job that holds the key).
-- Ids are drawn first, so that they ascend in the order given; nothing is joined, which would lose that order.
--
-- With its owner's rights: job functions queue jobs in their own transaction and have no right to the tables. Who else may
-- queue is granted EXECUTE. Inside an organization's scope it is for that organization only; `system` queues for all.
--
-- PLANS: made once per connection (force_generic_plan): making them anew cost a third of a call with one job. One job is counted
-- (counts.sql) within the statement, several by one of their own: grouping a single row cost an eighth of a call.
--
-- Measured against unnest() of arrays and COPY, 50 000 jobs in chunks: 50, 200 and (this) 100 thousand a second. COPY would need
-- a driver of its own for each kind of connection.
DROP FUNCTION IF EXISTS advisorjobs_enqueue(jsonb);
CREATE FUNCTION advisorjobs_enqueue(_jobs jsonb) RETURNS TABLE (id bigint, created boolean)
LANGUAGE plpgsql ROWS 1 SECURITY DEFINER SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
DECLARE
    _alone boolean := jsonb_array_length(_jobs) = 1;
BEGIN
    IF advisorjobs_organization() <> 'system' THEN
        IF EXISTS (SELECT FROM jsonb_array_elements(_jobs) AS j(job) WHERE job ->> 'organization_id' <> advisorjobs_organization()) THEN
            RAISE EXCEPTION 'a job is queued for another organization than the transaction works for' USING ERRCODE = '42501';
        END IF;
    END IF;
    IF jsonb_path_exists(_jobs, '$[*].unique_key ? (@ != null)') THEN
        _jobs := advisorjobs_take_keys(_jobs);
    END IF;
    RETURN QUERY
    WITH given AS MATERIALIZED (
        SELECT coalesce(r.holder, r.drawn, nextval('procrastinate_jobs_id_seq')) AS id,
               coalesce(r.scheduled_at, now() + make_interval(secs => r.delay)) AS at,
               coalesce(r.priority, -(r.own).priority, -3) AS rank,
               CASE WHEN (r.own).fair IS FALSE THEN '' ELSE coalesce(r.organization_id, '') END AS turn,
               r.name, r.queue, r.organization_id, r.args, r.tags, r.lock, r.queueing_lock, r.unique_key, r.holder,
               coalesce(r.cost, 1) AS cost, r.limit_key, r.traceparent
          FROM (SELECT j.*, (SELECT q FROM advisorjobs_queues q WHERE q.name = j.queue) AS own
                  FROM ROWS FROM (jsonb_to_recordset(_jobs) AS (
                       name text, queue text, organization_id text, args jsonb, tags jsonb, lock text, queueing_lock text,
                       priority integer, scheduled_at timestamptz, delay double precision, unique_key text, drawn bigint,
                       holder bigint, cost smallint, limit_key text, traceparent text)) AS j OFFSET 0) r),
    inserted AS (
        INSERT INTO procrastinate_jobs (
            id, queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at, planned_at, organization_id,
            queued_at, tags, unique_key, turn, cost, limit_key, delayed_since, traceparent)
        SELECT g.id, g.queue, g.name, g.rank, g.lock, g.queueing_lock, g.args, CASE WHEN g.at > now() THEN g.at END, g.at,
               g.organization_id, greatest(now(), g.at),
               CASE WHEN jsonb_typeof(g.tags) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(g.tags)) END, g.unique_key,
               g.turn, g.cost, g.limit_key, CASE WHEN g.at > now() THEN now() END, g.traceparent
          FROM given g WHERE g.holder IS NULL),
    counted AS (
        INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
        SELECT g.queue, CASE WHEN g.at > now() THEN NULL ELSE 1 END, CASE WHEN g.at > now() THEN 1 END
          FROM given g WHERE _alone AND g.holder IS NULL)
    SELECT g.id, g.holder IS NULL FROM given g;
    IF NOT _alone THEN
        INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed)
        SELECT j.queue, count(*) FILTER (WHERE j.at > now() IS NOT TRUE), count(*) FILTER (WHERE j.at > now())
          FROM (SELECT r.queue, coalesce(r.scheduled_at, now() + make_interval(secs => r.delay)) AS at
                  FROM jsonb_to_recordset(_jobs) AS r(queue text, scheduled_at timestamptz, delay double precision, holder bigint)
                 WHERE r.holder IS NULL) j
         GROUP BY j.queue;
    END IF;
END $$;
REVOKE ALL ON FUNCTION advisorjobs_enqueue(jsonb) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION advisorjobs_enqueue(jsonb) TO advisorjobs_tenant;

-- Takes the idempotency keys that these jobs name. Each job comes back with `drawn`, the id that it gets, or with `holder`, the id of
-- the living job that has its key: one from before, or one earlier in this call.
--
-- Keys are taken in their own order, so that two calls with the same keys don't wait for each other in a circle. A key that is
-- taken already is not locked: a caller whose transaction stays open must not hold up the end of the job that has it. A key whose
-- job was deleted by hand is free. When a holder ended between two statements, the loop goes round again.
CREATE OR REPLACE FUNCTION advisorjobs_take_keys(_jobs jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan  -- joins: a plan from when there were no keys would be kept too long
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    _missing boolean;
    _taken jsonb;
BEGIN
    SELECT jsonb_agg(job || jsonb_build_object('drawn', drawn) ORDER BY place) INTO _jobs FROM (
        SELECT job, place, nextval('procrastinate_jobs_id_seq') AS drawn
          FROM jsonb_array_elements(_jobs) WITH ORDINALITY AS j(job, place)) numbered;
    FOR _round IN 1 .. 10 LOOP
        PERFORM advisorjobs_drop_free_keys(_jobs);
        INSERT INTO advisorjobs_unique_keys (organization_id, job_name, key, job_id, keep_for)
        SELECT coalesce(organization_id, ''), name, unique_key, drawn, make_interval(secs => unique_for)
          FROM jsonb_to_recordset(_jobs) AS j(
               organization_id text, name text, unique_key text, drawn bigint, unique_for double precision)
         WHERE unique_key IS NOT NULL ORDER BY 1, 2, 3, drawn
            ON CONFLICT DO NOTHING;
        SELECT jsonb_agg(CASE WHEN k.job_id <> (job ->> 'drawn')::bigint THEN job || jsonb_build_object('holder', k.job_id)
                              ELSE job END ORDER BY place),
               bool_or(job ->> 'unique_key' IS NOT NULL AND k.job_id IS NULL)
          INTO _taken, _missing
          FROM jsonb_array_elements(_jobs) WITH ORDINALITY AS j(job, place)
          LEFT JOIN advisorjobs_unique_keys k
            ON k.organization_id = coalesce(job ->> 'organization_id', '') AND k.job_name = job ->> 'name'
               AND k.key = job ->> 'unique_key' AND (k.free_at IS NULL OR k.free_at > now());
        IF NOT _missing THEN
            RETURN _taken;
        END IF;
    END LOOP;
    RAISE EXCEPTION 'a unique_key was taken and freed again and again meanwhile, or outside this transaction''s snapshot: try again'
        USING ERRCODE = '40001';
END $$;

-- Removes those of the jobs' keys that are free: their time after the end is over, or their job was deleted by hand.
CREATE OR REPLACE FUNCTION advisorjobs_drop_free_keys(_jobs jsonb) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
    DELETE FROM advisorjobs_unique_keys d
     USING (SELECT k.organization_id, k.job_name, k.key
              FROM (SELECT DISTINCT coalesce(organization_id, '') AS organization_id, name AS job_name, unique_key AS key
                      FROM jsonb_to_recordset(_jobs) AS j(organization_id text, name text, unique_key text)
                     WHERE unique_key IS NOT NULL) given
              JOIN advisorjobs_unique_keys k USING (organization_id, job_name, key)
             WHERE k.free_at <= now()
                OR (k.free_at IS NULL AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = k.job_id))
             ORDER BY 1, 2, 3
               FOR UPDATE OF k SKIP LOCKED) free
     WHERE d.organization_id = free.organization_id AND d.job_name = free.job_name AND d.key = free.key
$$;

-- The stored priority (negated) of jobs that name none: their queue's.
CREATE OR REPLACE FUNCTION advisorjobs_priority_of(_queue text) RETURNS integer
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT -coalesce((SELECT priority FROM advisorjobs_queues WHERE name = _queue), 3)
$$;

-- Writes what the application knows: [{"name", "priority", "rate", "rate_seconds"}], [{"name", "queue", "fields", "cost",
-- "limit_key"}]. Job types are only ever added or changed: an older program that starts later takes none away. A queue's rate follows
-- the table until people change the queue's limits; then what they set is kept, and what the table says is only remembered
-- (reset_queue_limit goes back to it).
-- Returns the queues whose rate in force is another than the application's table says.
DROP FUNCTION IF EXISTS advisorjobs_publish(jsonb, jsonb);
CREATE FUNCTION advisorjobs_publish(_queues jsonb, _job_types jsonb)
RETURNS TABLE (queue text, rate integer, rate_window interval, changed_at timestamptz, changed_by text)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO advisorjobs_queues AS q (name, priority, rate, rate_window, table_rate, table_rate_window)
    SELECT r.name, r.priority, r.rate, make_interval(secs => r.rate_seconds), r.rate, make_interval(secs => r.rate_seconds)
      FROM jsonb_to_recordset(_queues) AS r(name text, priority smallint, rate integer, rate_seconds double precision)
     ORDER BY r.name
    ON CONFLICT (name) DO UPDATE
       SET priority = excluded.priority, table_rate = excluded.table_rate, table_rate_window = excluded.table_rate_window,
           rate = CASE WHEN q.changed_at IS NULL THEN excluded.rate ELSE q.rate END,
           rate_window = CASE WHEN q.changed_at IS NULL THEN excluded.rate_window ELSE q.rate_window END
     WHERE (q.priority, q.table_rate, q.table_rate_window)
           IS DISTINCT FROM (excluded.priority, excluded.table_rate, excluded.table_rate_window)
        OR q.changed_at IS NULL AND (q.rate, q.rate_window) IS DISTINCT FROM (excluded.rate, excluded.rate_window);
    INSERT INTO job_types AS t (name, queue, fields, cost, limit_key)
    SELECT r.name, r.queue, r.fields, coalesce(r.cost, 1), r.limit_key
      FROM jsonb_to_recordset(_job_types) AS r(name text, queue text, fields jsonb, cost smallint, limit_key text)
     ORDER BY r.name
    ON CONFLICT (name) DO UPDATE
       SET queue = excluded.queue, fields = excluded.fields, cost = excluded.cost, limit_key = excluded.limit_key
     WHERE (t.queue, t.fields, t.cost, t.limit_key)
           IS DISTINCT FROM (excluded.queue, excluded.fields, excluded.cost, excluded.limit_key);
    RETURN QUERY
        SELECT q.name, q.rate, q.rate_window, q.changed_at, q.changed_by
          FROM jsonb_to_recordset(_queues) AS r(name text)
          JOIN advisorjobs_queues q ON q.name = r.name
         WHERE (q.rate, q.rate_window) IS DISTINCT FROM (q.table_rate, q.table_rate_window)
         ORDER BY q.name;
END $$;

-- One job, for any client. Keys of the payload may be snake_case or camelCase. Refused with SQLSTATE 22023, naming the field:
-- an unknown job name (allow_unknown lets a name pass that is not deployed yet), an unknown or missing field, a wrong JSON
-- type, two different organizations. traceparent: the caller's span, by W3C's Trace Context. Returns the job's id; with a
-- unique_key that is taken, the id of the job that has it.
DROP FUNCTION IF EXISTS enqueue_job(text, jsonb, text, timestamptz, interval, integer, text, interval, text[], boolean);
DROP FUNCTION IF EXISTS enqueue_job(text, jsonb, text, timestamptz, interval, integer, text, interval, text[], boolean, text);
CREATE FUNCTION enqueue_job(
    name text, payload jsonb, organization_id text DEFAULT NULL, schedule_at timestamptz DEFAULT NULL,
    schedule_in interval DEFAULT NULL, priority integer DEFAULT NULL, unique_key text DEFAULT NULL,
    unique_for interval DEFAULT NULL, tags text[] DEFAULT NULL, allow_unknown boolean DEFAULT false,
    traceparent text DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_variable
BEGIN
    RETURN (SELECT e.id FROM advisorjobs_enqueue(jsonb_build_array(advisorjobs_checked_job(jsonb_build_object(
        'name', name, 'payload', payload, 'organization_id', organization_id, 'schedule_at', schedule_at,
        'schedule_in', extract(epoch FROM schedule_in), 'priority', priority, 'unique_key', unique_key,
        'unique_for', extract(epoch FROM unique_for), 'tags', to_jsonb(tags), 'allow_unknown', allow_unknown,
        'traceparent', traceparent)))) e);
END $$;

-- Many jobs: an array of objects with the parameters of enqueue_job as keys, snake_case or camelCase. Times as text with their
-- offset from UTC; spans in seconds or as text ('2 hours', 'PT2H'). All of them are created, or none: a refusal begins with the place of
-- the job, 'jobs[0]: '. Returns one row per job, in order: its id, and whether it was created (false: the id of the job that has its
-- unique_key).
DROP FUNCTION IF EXISTS enqueue_jobs(jsonb);
CREATE FUNCTION enqueue_jobs(jobs jsonb) RETURNS TABLE (id bigint, created boolean)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
#variable_conflict use_column
DECLARE
    _job jsonb;
    _place integer := 0;
    _checked jsonb[] := '{}';
    _rule text;
    _hint text;
BEGIN
    IF jsonb_typeof(jobs) IS DISTINCT FROM 'array' THEN
        PERFORM advisorjobs_refuse('jobs: must be a JSON array of objects');
    END IF;
    BEGIN
        FOR _job IN SELECT * FROM jsonb_array_elements(jobs) LOOP
            _checked := array_append(_checked, advisorjobs_checked_job(advisorjobs_snake_case_options(_job)));
            _place := _place + 1;
        END LOOP;
    EXCEPTION WHEN invalid_parameter_value THEN
        GET STACKED DIAGNOSTICS _rule = MESSAGE_TEXT, _hint = PG_EXCEPTION_HINT;
        PERFORM advisorjobs_refuse(format('jobs[%s]: %s', _place, _rule), _hint);
    END;
    RETURN QUERY SELECT e.id, e.created FROM advisorjobs_enqueue(to_jsonb(_checked)) e;
END $$;
