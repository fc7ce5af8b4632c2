-- One job as people look at it: itself, its runs (the last _most of them), and of its payload and results the names and sizes of their
-- fields. _values: what they hold as well, and what errors say, which may be a client's. NULL: there is none, or it is another
-- organization's. A job that was cleaned away is told by its runs; its status is NULL then.
DROP FUNCTION IF EXISTS advisorjobs_job_account(bigint, text, boolean, integer);
CREATE FUNCTION advisorjobs_job_account(_id bigint, _organization text, _values boolean, _most integer) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _account jsonb;
    _runs jsonb;
BEGIN
    SELECT jsonb_agg(to_jsonb(e) ORDER BY e.run_number, e.finished_at NULLS LAST) INTO _runs FROM (
        SELECT r.*, w.name AS worker,
               (SELECT h.fingerprint FROM advisorjobs_runs h
                 WHERE h.job_id = _id AND h.run_no = r.run_number AND h.finished_at = r.finished_at LIMIT 1) AS fingerprint
          FROM (SELECT x.run_number, x.attempt, x.status, x.queue, x.job_name AS name, x.organization_id, x.worker_id, x.queued_at,
                       x.started_at, x.finished_at, x.next_run_at, x.wait_ms, x.run_ms, x.error_code,
                       CASE WHEN _values THEN x.error_message END AS error_message, length(x.error_message) AS error_message_size,
                       CASE WHEN _values THEN x.stack_trace END AS stack_trace, length(x.stack_trace) AS stack_trace_size,
                       CASE WHEN _values THEN x.result END AS result, advisorjobs_shape(x.result) AS result_shape,
                       advisorjobs_shape(x.input) AS payload_shape, CASE WHEN _values THEN x.input END AS payload
                  FROM job_executions x
                 WHERE x.job_id = _id AND (_organization IS NULL OR x.organization_id = _organization)
                 ORDER BY x.run_number DESC, x.finished_at DESC NULLS FIRST LIMIT _most + 1) r
          LEFT JOIN advisorjobs_workers w ON w.id = r.worker_id) e;
    SELECT to_jsonb(g) INTO _account FROM (
        SELECT v.id, v.name, v.queue, v.organization_id, v.status, -v.priority AS priority, v.attempts, v.run_no AS run_number, v.queued_at,
               v.scheduled_at, v.started_at, v.finished_at, v.error_code, j.parked::text AS parked, v.abort_requested, v.lock,
               v.queueing_lock, v.unique_key, j.limit_key, coalesce(v.tags, '{}') AS tags, advisorjobs_shape(v.payload) AS payload_shape,
               CASE WHEN _values THEN v.payload END AS payload,
               CASE WHEN jsonb_typeof(v.progress) = 'object' THEN jsonb_build_object(
                   'done', v.progress -> 'done', 'total', v.progress -> 'total', 'note', v.progress -> 'note')
               END AS progress
          FROM advisorjobs_jobs v LEFT JOIN procrastinate_jobs j ON j.id = v.id
         WHERE v.id = _id AND (_organization IS NULL OR v.organization_id = _organization)) g;
    IF _account IS NULL AND _runs IS NULL THEN
        RETURN NULL;
    END IF;
    IF _account IS NULL THEN
        _account := jsonb_build_object('id', _id) || (_runs -> -1) - 'status';
    END IF;
    RETURN _account || jsonb_build_object(
        'runs', CASE WHEN jsonb_array_length(_runs) > _most THEN _runs - 0 ELSE coalesce(_runs, '[]') END,
        'earlier_runs', coalesce(jsonb_array_length(_runs) > _most, false),
        'schedule', advisorjobs_schedule_of_job(_id, _account ->> 'organization_id'), 'with_values', _values);
END $$;

-- Of a JSON value what can be told without telling what it says: {"field": "text, 12 characters"}. NULL: there is none.
DROP FUNCTION IF EXISTS advisorjobs_shape(jsonb);
CREATE FUNCTION advisorjobs_shape(_value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT CASE WHEN _value IS NULL OR jsonb_typeof(_value) = 'null' THEN NULL
                WHEN jsonb_typeof(_value) = 'object' THEN coalesce((
                    SELECT jsonb_object_agg(f.key, jsonb_build_object('kind', jsonb_typeof(f.value), 'size', advisorjobs_size(f.value)))
                      FROM jsonb_each(_value) AS f), '{}')
                ELSE jsonb_build_object('', jsonb_build_object('kind', jsonb_typeof(_value), 'size', advisorjobs_size(_value))) END
$$;

-- Characters of a text, members of an array or object; NULL for what has no size.
DROP FUNCTION IF EXISTS advisorjobs_size(jsonb);
CREATE FUNCTION advisorjobs_size(_value jsonb) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
    SELECT CASE jsonb_typeof(_value) WHEN 'string' THEN length(_value #>> '{}') WHEN 'array' THEN jsonb_array_length(_value)
                                     WHEN 'object' THEN (SELECT count(*)::integer FROM jsonb_object_keys(_value)) END
$$;

-- Jobs that have to do with one: of the same subject (the same document, say: a field of the payload called …_id, the most telling one)
-- among the _look jobs before and after it; of its lock's line; the one that has its unique key now. Twenty of each at most.
DROP FUNCTION IF EXISTS advisorjobs_related_jobs(bigint, text, integer);
CREATE FUNCTION advisorjobs_related_jobs(_id bigint, _organization text, _look integer)
RETURNS TABLE (relation text, subject text, id bigint, name text, queue text, status text, queued_at timestamptz, finished_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _job record;
    _key text;
BEGIN
    SELECT v.* INTO _job FROM advisorjobs_jobs v WHERE v.id = _id AND (_organization IS NULL OR v.organization_id = _organization);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF jsonb_typeof(_job.payload) = 'object' THEN
        SELECT f.key INTO _key FROM jsonb_each(_job.payload) AS f
         WHERE f.key LIKE '%\_id' AND f.key <> 'organization_id' AND jsonb_typeof(f.value) IN ('string', 'number')
         ORDER BY f.key = 'client_id', f.key <> 'document_id', f.key LIMIT 1;
    END IF;
    RETURN QUERY
        WITH near AS (
            (SELECT j.id, j.args, j.organization_id FROM procrastinate_jobs j WHERE _key IS NOT NULL AND j.id < _id ORDER BY j.id DESC LIMIT _look)
            UNION ALL
            (SELECT j.id, j.args, j.organization_id FROM procrastinate_jobs j WHERE _key IS NOT NULL AND j.id > _id ORDER BY j.id LIMIT _look)
            UNION ALL
            (SELECT r.job_id, r.input, r.organization_id FROM advisorjobs_runs r
              WHERE _key IS NOT NULL AND r.job_id < _id ORDER BY r.job_id DESC, r.run_no DESC LIMIT _look)
            UNION ALL
            (SELECT r.job_id, r.input, r.organization_id FROM advisorjobs_runs r
              WHERE _key IS NOT NULL AND r.job_id > _id ORDER BY r.job_id, r.run_no LIMIT _look)),
        related AS (
            (SELECT 'subject' AS relation, n.id FROM near n
              WHERE n.organization_id IS NOT DISTINCT FROM _job.organization_id AND n.args ->> _key = _job.payload ->> _key
              GROUP BY n.id ORDER BY abs(n.id - _id) LIMIT 20)
            UNION ALL
            (SELECT 'lock', j.id FROM procrastinate_jobs j WHERE j.lock = _job.lock AND j.status = 'doing' AND j.id <> _id)
            UNION ALL
            (SELECT 'lock', j.id FROM procrastinate_jobs j
              WHERE j.lock = _job.lock AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.id <> _id
              ORDER BY j.priority DESC, j.id LIMIT 19)
            UNION ALL
            (SELECT 'unique_key', k.job_id FROM advisorjobs_unique_keys k
              WHERE k.organization_id = coalesce(_job.organization_id, '') AND k.job_name = _job.name AND k.key = _job.unique_key
                AND k.job_id <> _id))
        SELECT r.relation, CASE WHEN r.relation = 'subject' THEN _key END, v.id, v.name, v.queue, v.status, v.queued_at, v.finished_at
          FROM related r CROSS JOIN LATERAL (SELECT * FROM advisorjobs_jobs a WHERE a.id = r.id OFFSET 0) v
         WHERE _organization IS NULL OR v.organization_id = _organization
         ORDER BY r.relation, v.id;
END $$;
