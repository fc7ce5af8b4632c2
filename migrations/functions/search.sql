-- Looking for jobs: what the inspector's search, the dashboard, the API and `advisorjobs jobs list` read.
--
-- Three ways to go through jobs, each one bounded by what it looks at and, as a last resort, by its time (_patience): a page costs the
-- same whatever waits and however long history is. What was not looked at is said, so that the caller can go on from there.
--   by number   everything, the newest job first; where nothing is asked for that another way is better at
--   by end      (search_ended.sql) what ended, the latest first, within windows of time, found by the history's page ranges. Hours in which the tallies know
--               of no run of the organization or job that is asked for are jumped over
--   by failure  jobs whose last run ended in an error, the latest first, by the indexes of failed runs
--
-- _wanted: {"status", "queue", "name", "organization", "tag", "since", "until", "payload_key", "payload_value", "error_code",
-- "fingerprint", "error_text"}; what is missing or null doesn't narrow the search. since and until are of the time when a job ended,
-- or was queued where it has not ended.
--
-- Each returns a row per job, and at last one without a job that says how far was looked: edge (job number) and, by time, edge_at;
-- NULL where there is nothing further. looked: jobs or runs.

DROP FUNCTION IF EXISTS advisorjobs_find_by_number(jsonb, bigint, boolean, integer, integer, integer);
DROP FUNCTION IF EXISTS advisorjobs_find_by_end(jsonb, timestamptz, bigint, boolean, integer, integer);
DROP FUNCTION IF EXISTS advisorjobs_find_by_failure(jsonb, timestamptz, bigint, boolean, integer, integer, integer);
DROP FUNCTION IF EXISTS advisorjobs_describe_jobs(bigint[], timestamptz[], text, boolean, integer);
DROP FUNCTION IF EXISTS advisorjobs_find_by_unique_key(text, text, text);
DROP TYPE IF EXISTS advisorjobs_found_job;
CREATE TYPE advisorjobs_found_job AS (
    id bigint, name text, queue text, organization_id text, status text, priority integer, attempts integer, tags text[],
    error_code text, queued_at timestamptz, scheduled_at timestamptz, started_at timestamptz, finished_at timestamptz, run_ms bigint,
    edge bigint, edge_at timestamptz, looked integer);

-- Jobs by their numbers, in the order given, each with its place in the walk (_ats: of the walks by time); those that were cleaned away or are not in the status that is asked for are left out.
CREATE FUNCTION advisorjobs_describe_jobs(_ids bigint[], _ats timestamptz[], _status text, _living boolean, _most integer)
RETURNS SETOF advisorjobs_found_job
LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
        SELECT v.id, v.name, v.queue, v.organization_id, v.status, -v.priority, v.attempts, v.tags, v.error_code, v.queued_at,
               v.scheduled_at, v.started_at, v.finished_at, (extract(epoch FROM v.finished_at - v.started_at) * 1000)::bigint,
               w.id, w.at, NULL::integer
          FROM unnest(_ids, _ats) WITH ORDINALITY AS w(id, at, place)
         CROSS JOIN LATERAL (SELECT * FROM advisorjobs_jobs a WHERE a.id = w.id OFFSET 0) v  -- so that the number reaches both halves
         WHERE (_status IS NULL OR v.status = _status) AND (NOT _living OR v.status IN ('waiting', 'delayed', 'active'))
         ORDER BY w.place LIMIT _most;
END $$;

-- By number: the _most nearest to _from, below it or (_up) above it; in the order of the walk. living: those that have not ended only.
-- Each look goes down one index for at most _look entries, the first ones for less: failed jobs have an index by queue (the queues are found in it one by one),
-- running ones one by worker, everything else is walked by number. What procrastinate ended before we took its database over is in
-- the table still, and found where no status is asked for.
CREATE FUNCTION advisorjobs_find_by_number(
    _wanted jsonb, _from bigint, _up boolean, _look integer, _patience integer, _most integer)
RETURNS SETOF advisorjobs_found_job
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _status text := _wanted ->> 'status';
    _living boolean := coalesce((_wanted ->> 'living')::boolean, false);
    _queue text := _wanted ->> 'queue';
    _name text := _wanted ->> 'name';
    _organization text := _wanted ->> 'organization';
    _tag text := _wanted ->> 'tag';
    _since timestamptz := _wanted ->> 'since';
    _until timestamptz := _wanted ->> 'until';
    _key text := _wanted ->> 'payload_key';
    _value text := _wanted ->> 'payload_value';
    _looked integer := 0;
    _at timestamptz;
    _ids bigint[];
    _edge bigint;
    _count integer;
    _size integer := least(_look, greatest(200, 4 * _most));      -- of a look: most searches find enough in the first
BEGIN
    LOOP
        WITH RECURSIVE failing(queue_name) AS (
            (SELECT j.queue_name FROM procrastinate_jobs j
              WHERE _status = 'failed' AND j.status = 'failed' ORDER BY j.queue_name LIMIT 1)
            UNION ALL
            SELECT (SELECT j.queue_name FROM procrastinate_jobs j
                     WHERE j.status = 'failed' AND j.queue_name > f.queue_name ORDER BY j.queue_name LIMIT 1)
              FROM failing f WHERE f.queue_name IS NOT NULL),
        running AS MATERIALIZED (
            SELECT j.id, j.queue_name, j.task_name, j.organization_id, j.tags, j.queued_at, j.args FROM procrastinate_jobs j
             WHERE _status = 'active' AND j.status = 'doing'),
        walks AS MATERIALIZED (
            SELECT 1 AS walk, true AS listed, each.* FROM failing f CROSS JOIN LATERAL (
                (SELECT j.id, j.queue_name, j.task_name, j.organization_id, j.tags, j.queued_at, j.args FROM procrastinate_jobs j
                  WHERE NOT _up AND j.queue_name = f.queue_name AND j.status = 'failed' AND j.id < _from ORDER BY j.id DESC LIMIT _size)
                UNION ALL
                (SELECT j.id, j.queue_name, j.task_name, j.organization_id, j.tags, j.queued_at, j.args FROM procrastinate_jobs j
                  WHERE _up AND j.queue_name = f.queue_name AND j.status = 'failed' AND j.id > _from ORDER BY j.id LIMIT _size)) each
             WHERE f.queue_name = coalesce(_queue, f.queue_name)
            UNION ALL
            SELECT 2, true, r.* FROM running r WHERE CASE WHEN _up THEN r.id > _from ELSE r.id < _from END
            UNION ALL
            SELECT 3, _status IS NULL OR l.status = 'todo' AND coalesce(l.scheduled_at > now(), false) = (_status = 'delayed'),
                   l.id, l.queue_name, l.task_name, l.organization_id, l.tags, l.queued_at, l.args
              FROM ((SELECT * FROM procrastinate_jobs j WHERE NOT _up AND j.id < _from ORDER BY j.id DESC LIMIT _size)
                    UNION ALL
                    (SELECT * FROM procrastinate_jobs j WHERE _up AND j.id > _from ORDER BY j.id LIMIT _size)) l
             WHERE _status IS NULL OR _status IN ('waiting', 'delayed')
            UNION ALL
            SELECT 4, e.final AND (_status IS NULL OR e.status::text = _status)
                      AND (SELECT j.id FROM procrastinate_jobs j WHERE j.id = e.job_id) IS NULL,   -- EXISTS might read all into a hash
                   e.job_id, e.queue_name, e.job_name, e.organization_id, e.tags, e.queued_at, e.input
              FROM ((SELECT * FROM advisorjobs_runs r WHERE NOT _up AND r.job_id < _from ORDER BY r.job_id DESC, r.run_no DESC LIMIT _size)
                    UNION ALL
                    (SELECT * FROM advisorjobs_runs r WHERE _up AND r.job_id > _from ORDER BY r.job_id, r.run_no LIMIT _size)) e
             WHERE NOT _living AND (_status IS NULL OR _status IN ('completed', 'cancelled'))),
        placed AS (
            SELECT w.*, CASE WHEN _up THEN w.id ELSE -w.id END AS place,
                   row_number() OVER (PARTITION BY w.walk ORDER BY CASE WHEN _up THEN w.id ELSE -w.id END) AS n
              FROM walks w),
        seen AS MATERIALIZED (
            SELECT p.* FROM placed p WHERE p.n <= _size),
        full_walks AS (
            SELECT max(s.place) AS place FROM seen s GROUP BY s.walk HAVING count(*) >= _size),
        edge AS MATERIALIZED (SELECT min(place) AS place FROM full_walks)
        SELECT array_agg(s.id ORDER BY s.place) FILTER (WHERE s.listed
                   AND (edge.place IS NULL OR s.place <= edge.place)
                   AND (_queue IS NULL OR s.queue_name = _queue)
                   AND (_name IS NULL OR s.task_name = _name)
                   AND (_organization IS NULL OR s.organization_id = _organization)
                   AND (_tag IS NULL OR _tag = ANY (s.tags))
                   AND (_since IS NULL OR s.queued_at >= _since)
                   AND (_until IS NULL OR s.queued_at < _until)
                   AND (_key IS NULL OR s.args ->> _key = _value)),
               abs(min(edge.place)), count(*) FILTER (WHERE edge.place IS NULL OR s.place <= edge.place),
               (array_agg(s.queued_at) FILTER (WHERE s.place = edge.place AND s.queued_at <= now()))[1]
          INTO _ids, _edge, _count, _at
          FROM seen s CROSS JOIN edge;
        _looked := _looked + _count;
        IF _ids IS NOT NULL THEN
            RETURN QUERY SELECT * FROM advisorjobs_describe_jobs(_ids, NULL, _status, _living, _most);
            GET DIAGNOSTICS _count = ROW_COUNT;
            _most := _most - _count;
        END IF;
        _from := _edge;
        _size := least(_look, 4 * _size);
        EXIT WHEN _most = 0 OR _edge IS NULL OR clock_timestamp() > statement_timestamp() + make_interval(secs => _patience / 1000.0);
    END LOOP;
    RETURN NEXT ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, _edge, _at, _looked)::advisorjobs_found_job;
END $$;

-- By failure: jobs whose last run ended in an error, the _most nearest to (_at, _id), before it or (_up) after it. error_text is looked for
-- in messages, whatever the case.
CREATE FUNCTION advisorjobs_find_by_failure(
    _wanted jsonb, _at timestamptz, _id bigint, _up boolean, _look integer, _patience integer, _most integer)
RETURNS SETOF advisorjobs_found_job
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _status text := _wanted ->> 'status';
    _queue text := _wanted ->> 'queue';
    _name text := _wanted ->> 'name';
    _organization text := _wanted ->> 'organization';
    _tag text := _wanted ->> 'tag';
    _since timestamptz := coalesce(_wanted ->> 'since', '-infinity');
    _until timestamptz := coalesce(_wanted ->> 'until', 'infinity');
    _key text := _wanted ->> 'payload_key';
    _value text := _wanted ->> 'payload_value';
    _code text := _wanted ->> 'error_code';
    _fingerprint text := _wanted ->> 'fingerprint';
    _text text := lower(_wanted ->> 'error_text');
    _looked integer := 0;
    _seen record;
    _count integer;
BEGIN
    IF _up AND _at < _since THEN
        _at := _since;
        _id := -1;
    ELSIF NOT _up AND _at > _until THEN
        _at := _until;
        _id := -1;
    END IF;
    LOOP
        WITH seen AS MATERIALIZED (
            (SELECT r.* FROM advisorjobs_runs r
              WHERE NOT _up AND _organization IS NULL AND r.fingerprint IS NOT NULL AND r.finished_at <= _at AND r.finished_at >= _since
                AND (r.finished_at, r.job_id) < (_at, _id) ORDER BY r.finished_at DESC, r.job_id DESC LIMIT _look)
            UNION ALL
            (SELECT r.* FROM advisorjobs_runs r
              WHERE _up AND _organization IS NULL AND r.fingerprint IS NOT NULL AND r.finished_at >= _at AND r.finished_at < _until
                AND (r.finished_at, r.job_id) > (_at, _id) ORDER BY r.finished_at, r.job_id LIMIT _look)
            UNION ALL
            (SELECT r.* FROM advisorjobs_runs r
              WHERE NOT _up AND r.organization_id = _organization AND r.fingerprint IS NOT NULL AND r.finished_at <= _at
                AND r.finished_at >= _since
                AND (r.finished_at, r.job_id) < (_at, _id) ORDER BY r.finished_at DESC, r.job_id DESC LIMIT _look)
            UNION ALL
            (SELECT r.* FROM advisorjobs_runs r
              WHERE _up AND r.organization_id = _organization AND r.fingerprint IS NOT NULL AND r.finished_at >= _at
                AND r.finished_at < _until
                AND (r.finished_at, r.job_id) > (_at, _id) ORDER BY r.finished_at, r.job_id LIMIT _look)),
        placed AS (
            SELECT s.job_id, s.finished_at,
                   row_number() OVER (ORDER BY CASE WHEN _up THEN s.finished_at END, CASE WHEN _up THEN s.job_id END,
                                      s.finished_at DESC, s.job_id DESC) AS place,
                   (_queue IS NULL OR s.queue_name = _queue) AND (_name IS NULL OR s.job_name = _name)
                   AND (_tag IS NULL OR _tag = ANY (s.tags)) AND (_key IS NULL OR s.input ->> _key = _value)
                   AND (_code IS NULL OR s.error_code::text = _code) AND (_fingerprint IS NULL OR s.fingerprint = _fingerprint)
                   AND (_text IS NULL OR strpos(lower(s.error_message), _text) > 0)
                   AND (s.final OR (SELECT j.run_no FROM procrastinate_jobs j WHERE j.id = s.job_id AND j.status = 'todo') = s.run_no) AS fits
              FROM seen s)
        SELECT count(*) AS count, (array_agg(p.finished_at ORDER BY p.place DESC))[1] AS at,
               (array_agg(p.job_id ORDER BY p.place DESC))[1] AS id,
               array_agg(p.job_id ORDER BY p.place) FILTER (WHERE p.fits) AS ids,
               array_agg(p.finished_at ORDER BY p.place) FILTER (WHERE p.fits) AS ats
          INTO _seen FROM placed p;
        _looked := _looked + _seen.count;
        IF _seen.ids IS NOT NULL THEN
            RETURN QUERY SELECT * FROM advisorjobs_describe_jobs(_seen.ids, _seen.ats, _status, false, _most);
            GET DIAGNOSTICS _count = ROW_COUNT;
            _most := _most - _count;
        END IF;
        _at := CASE WHEN _seen.count = _look THEN _seen.at END;
        _id := _seen.id;
        EXIT WHEN _most = 0 OR _at IS NULL OR clock_timestamp() > statement_timestamp() + make_interval(secs => _patience / 1000.0);
    END LOOP;
    RETURN NEXT ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, _id, _at, _looked)::advisorjobs_found_job;
END $$;

-- The jobs that have a unique key, or had it and keep it for a time, the newest first. The key's index begins with the organization and the
-- job's name; where they are not given, the pairs that there are are found one by one, a thousand at most: complete false, there are more.
CREATE OR REPLACE FUNCTION advisorjobs_keyed_jobs(_key text, _organization text, _name text, OUT ids bigint[], OUT complete boolean)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
BEGIN
    WITH RECURSIVE pair(organization_id, job_name) AS (
        (SELECT k.organization_id, k.job_name FROM advisorjobs_unique_keys k
          WHERE k.organization_id >= coalesce(_organization, '') ORDER BY k.organization_id, k.job_name LIMIT 1)
        UNION ALL
        SELECT n.* FROM pair p CROSS JOIN LATERAL (
            SELECT k.organization_id, k.job_name FROM advisorjobs_unique_keys k
             WHERE (k.organization_id, k.job_name) > (p.organization_id, p.job_name)
             ORDER BY k.organization_id, k.job_name LIMIT 1) n
         WHERE _organization IS NULL OR n.organization_id = _organization),
    pairs AS MATERIALIZED (SELECT * FROM pair LIMIT 1000)
    SELECT coalesce(array_agg(h.job_id ORDER BY h.job_id DESC), '{}'), (SELECT count(*) < 1000 FROM pairs) INTO ids, complete
      FROM pairs p CROSS JOIN LATERAL (
        SELECT k.job_id FROM advisorjobs_unique_keys k
         WHERE k.organization_id = p.organization_id AND k.job_name = p.job_name AND k.key = _key) h
     WHERE (_organization IS NULL OR p.organization_id = _organization) AND (_name IS NULL OR p.job_name = _name);
END $$;

-- The same, described: a hundred at most.
CREATE FUNCTION advisorjobs_find_by_unique_key(_key text, _organization text, _name text) RETURNS SETOF advisorjobs_found_job
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
BEGIN
    RETURN QUERY SELECT * FROM advisorjobs_describe_jobs(
        (SELECT k.ids FROM advisorjobs_keyed_jobs(_key, _organization, _name) k), NULL, NULL, false, 100);
END $$;
