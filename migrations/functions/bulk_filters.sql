-- Which jobs an action on many is about: every condition of the search (functions/search.sql), as an action keeps it.
--
-- _filter: {"id", "queue", "name", "organization_id", "tag", "states", "unique_key", "since", "until", "payload_key", "payload_value",
-- "error_code", "fingerprint", "error_text"}; what is missing or null doesn't narrow it. Errors are of the job's last run. since and until:
-- when the job was queued; of a failed one, when it failed.
--
-- A run is looked up among those that ended since its job started: so only the history's newest partitions are asked.
--
-- BOUNDED. A look goes through a bounded number of jobs in the order of their numbers and says where the next begins. Where an index finds
-- them, by that: one job by its number, jobs that have a unique key by the table of keys, failed ones by their index, running ones by
-- theirs. Everything else – payloads, tags, names – has none, and is found by walking the primary key.

-- The states that an action changes jobs of, in the words of get_job(); _wanted: those of the filter, NULL all.
CREATE OR REPLACE FUNCTION advisorjobs_action_states(_action text, _wanted jsonb) RETURNS text[]
LANGUAGE sql IMMUTABLE AS $$
    SELECT ARRAY(
        SELECT s FROM unnest(CASE _action WHEN 'retry' THEN '{failed}' WHEN 'cancel' THEN '{waiting,delayed,active}'
                                          WHEN 'promote' THEN '{delayed}' WHEN 'priority' THEN '{waiting,delayed}' END::text[]) AS s
         WHERE _wanted IS NULL OR jsonb_typeof(_wanted) = 'null' OR _wanted ? s)
$$;

-- What of a filter asks what payloads and errors say; NULL: nothing.
CREATE OR REPLACE FUNCTION advisorjobs_sought(_filter jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT nullif(jsonb_strip_nulls(jsonb_build_object(
        'payload_key', _filter -> 'payload_key', 'payload_value', _filter -> 'payload_value', 'error_text', _filter -> 'error_text')), '{}')
$$;

-- A filter as everybody may read it: the payload's field without what it must say, and that a text is looked for. _sought: what is looked
-- for is told ({}: it isn't).
CREATE OR REPLACE FUNCTION advisorjobs_told_filter(_filter jsonb, _sought jsonb DEFAULT '{}') RETURNS jsonb
LANGUAGE sql IMMUTABLE AS $$
    SELECT (_filter - '{payload_key,payload_value,error_text,payload}'::text[]) || jsonb_strip_nulls(jsonb_build_object(
        'payload', coalesce((_sought ->> 'payload_key') || '=' || (_sought ->> 'payload_value'), (_filter ->> 'payload_key') || '=…',
                            _filter ->> 'payload'),
        'error_text', coalesce(_sought ->> 'error_text', CASE WHEN _filter ->> 'error_text' IS NOT NULL THEN '…' END)))
$$;

-- The next jobs, of number > _after and <= _newest, among which are all that fit: ids in their order, or NULL: all up to last, by number.
-- next_after: where the next look begins; NULL: nothing is left. looked: how many there are.
CREATE OR REPLACE FUNCTION advisorjobs_next_candidates(
    _filter jsonb, _states text[], _after bigint, _newest bigint, _look integer,
    OUT ids bigint[], OUT last bigint, OUT next_after bigint, OUT looked bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    _queue text := _filter ->> 'queue';
    _keyed record;
BEGIN
    IF _filter ->> 'id' IS NOT NULL THEN
        ids := ARRAY[(_filter ->> 'id')::bigint];
    ELSIF _filter ->> 'unique_key' IS NOT NULL AND NOT 'failed' = ANY (_states) THEN
        _keyed := advisorjobs_keyed_jobs(_filter ->> 'unique_key', _filter ->> 'organization_id', _filter ->> 'name');
        ids := CASE WHEN _keyed.complete THEN _keyed.ids END;
    ELSIF _states <@ '{active}' THEN
        ids := ARRAY(SELECT j.id FROM procrastinate_jobs j WHERE j.status = 'doing');
    ELSIF _states <@ '{failed}' THEN
        ids := ARRAY(
            WITH RECURSIVE failing(queue_name) AS (
                (SELECT j.queue_name FROM procrastinate_jobs j
                  WHERE j.status = 'failed' AND j.queue_name >= coalesce(_queue, '') ORDER BY j.queue_name LIMIT 1)
                UNION ALL
                SELECT (SELECT j.queue_name FROM procrastinate_jobs j
                         WHERE j.status = 'failed' AND j.queue_name > f.queue_name ORDER BY j.queue_name LIMIT 1)
                  FROM failing f WHERE f.queue_name IS NOT NULL AND _queue IS NULL)
            SELECT e.id FROM failing f CROSS JOIN LATERAL (
                SELECT j.id FROM procrastinate_jobs j
                 WHERE j.queue_name = f.queue_name AND j.status = 'failed' AND j.id > _after AND j.id <= _newest
                 ORDER BY j.id LIMIT _look) e
             WHERE f.queue_name = coalesce(_queue, f.queue_name) ORDER BY e.id LIMIT _look);
    END IF;
    IF ids IS NULL THEN
        SELECT max(w.id), count(*) INTO last, looked FROM (
            SELECT j.id FROM procrastinate_jobs j WHERE j.id > _after AND j.id <= _newest ORDER BY j.id LIMIT _look) w;
    ELSE
        ids := ARRAY(SELECT i FROM unnest(ids) AS i WHERE i > _after AND i <= _newest ORDER BY i LIMIT _look);
        looked := cardinality(ids);
        last := ids[looked];
    END IF;
    next_after := CASE WHEN looked = _look THEN last END;
END $$;

-- The next jobs that fit a filter, from _after on, up to _newest: at most _most. _confirmed: see FROZEN in bulk_actions.sql; 'infinity': not
-- yet. Fewer are looked at where each costs a look into history.
DROP FUNCTION IF EXISTS advisorjobs_fitting_jobs(jsonb, text[], bigint, bigint, timestamptz, integer);
CREATE FUNCTION advisorjobs_fitting_jobs(
    _filter jsonb, _states text[], _after bigint, _newest bigint, _confirmed timestamptz, _most integer,
    OUT ids bigint[], OUT next_after bigint, OUT looked bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off AS $$
DECLARE
    _next record;
    _queue text := _filter ->> 'queue';
    _name text := _filter ->> 'name';
    _organization text := _filter ->> 'organization_id';
    _tag text := _filter ->> 'tag';
    _unique_key text := _filter ->> 'unique_key';
    _key text := _filter ->> 'payload_key';
    _value text := _filter ->> 'payload_value';
    _from timestamptz := _filter ->> 'since';
    _until timestamptz := _filter ->> 'until';
    _code text := _filter ->> 'error_code';
    _fingerprint text := _filter ->> 'fingerprint';
    _text text := lower(_filter ->> 'error_text');
    _waiting constant boolean := 'waiting' = ANY (_states);
    _delayed constant boolean := 'delayed' = ANY (_states);
    _by_error constant boolean := coalesce(_code, _fingerprint, _text) IS NOT NULL;
    _by_end constant boolean := 'failed' = ANY (_states) AND (isfinite(_confirmed) OR _from IS NOT NULL OR _until IS NOT NULL);
BEGIN
    _next := advisorjobs_next_candidates(
        _filter, _states, _after, _newest,
        (advisorjobs_step()).looked_at / CASE WHEN _by_error OR 'failed' = ANY (_states) THEN 10 ELSE 1 END);
    ids := ARRAY(
        SELECT j.id FROM procrastinate_jobs j
          LEFT JOIN LATERAL (
            SELECT r.finished_at, r.error_code, r.fingerprint, r.error_message FROM advisorjobs_runs r
             WHERE (_by_error OR _by_end) AND r.job_id = j.id AND r.run_no = j.run_no AND r.finished_at >= coalesce(j.started_at, '-infinity')) e ON true
         WHERE j.id > _after AND j.id <= _next.last AND (_next.ids IS NULL OR j.id = ANY (_next.ids))
           AND (_queue IS NULL OR j.queue_name = _queue) AND (_name IS NULL OR j.task_name = _name)
           AND (_organization IS NULL OR j.organization_id = _organization) AND (_tag IS NULL OR _tag = ANY (j.tags))
           AND (_unique_key IS NULL OR j.unique_key = _unique_key) AND (_key IS NULL OR j.args ->> _key = _value)
           AND advisorjobs_state_of(j) = ANY (_states)
           AND (NOT _by_error OR j.run_no > 0) AND (_code IS NULL OR e.error_code::text = _code) AND (_fingerprint IS NULL OR e.fingerprint = _fingerprint)
           AND (_text IS NULL OR strpos(lower(e.error_message), _text) > 0)
           AND (_from IS NULL AND _until IS NULL OR (
               SELECT m.at >= coalesce(_from, '-infinity') AND m.at < coalesce(_until, 'infinity')
                 FROM (SELECT CASE WHEN j.status = 'failed' THEN coalesce(e.finished_at, advisorjobs_ended_at(j)) ELSE j.queued_at END AS at) m))
           AND (NOT isfinite(_confirmed) OR CASE j.status
                    WHEN 'todo' THEN CASE WHEN j.scheduled_at IS NOT NULL THEN j.delayed_since
                                          ELSE least(j.queued_at, CASE WHEN _delayed THEN j.delayed_since END) END
                    WHEN 'doing' THEN CASE WHEN _waiting THEN j.queued_at ELSE j.started_at END
                    ELSE coalesce(e.finished_at, advisorjobs_ended_at(j)) END <= _confirmed IS NOT FALSE)
           AND (_key IS NULL OR NOT isfinite(_confirmed) OR NOT EXISTS (
               SELECT FROM advisorjobs_audit a
                WHERE a.subject_kind = 'job' AND a.subject = j.id::text AND a.part_of IS NULL AND a.action = 'edit' AND a.at > _confirmed))
         ORDER BY j.id LIMIT _most);
    looked := _next.looked;
    next_after := CASE WHEN cardinality(ids) = _most THEN ids[_most] ELSE _next.next_after END;
END $$;

-- How many jobs fit, without counting more than a hundred thousand or looking for longer than half a second: then more is true, there
-- are at least so many, among the looked that were looked at. Whole queues are read from the kept counts.
DROP FUNCTION IF EXISTS advisorjobs_count_fitting(jsonb, text[]);
CREATE FUNCTION advisorjobs_count_fitting(_filter jsonb, _states text[], OUT fitting bigint, OUT more boolean, OUT looked bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _began timestamptz := clock_timestamp();
    _after bigint := 0;
    _step record;
    _rest jsonb := jsonb_strip_nulls(_filter) - '{queue,states}'::text[];
BEGIN
    fitting := 0;
    looked := 0;
    more := false;
    IF _rest = '{}' AND _filter ->> 'queue' IS NOT NULL THEN
        SELECT coalesce(sum(CASE WHEN 'waiting' = ANY (_states) THEN s.waiting ELSE 0 END + CASE WHEN 'delayed' = ANY (_states) THEN s.delayed ELSE 0 END
                          + CASE WHEN 'active' = ANY (_states) THEN s.active ELSE 0 END + CASE WHEN 'failed' = ANY (_states) THEN s.failed ELSE 0 END), 0)
          INTO fitting FROM advisorjobs_queue_stats(_filter ->> 'queue') s;
        RETURN;
    END IF;
    WHILE _after IS NOT NULL AND _states <> '{}' LOOP
        SELECT * INTO _step FROM advisorjobs_fitting_jobs(_filter, _states, _after, 9223372036854775807, 'infinity', 20000);
        fitting := fitting + cardinality(_step.ids);
        looked := looked + _step.looked;
        _after := _step.next_after;
        IF _after IS NOT NULL AND (fitting > 100000 OR clock_timestamp() > _began + interval '500 milliseconds') THEN
            more := true;
            RETURN;
        END IF;
    END LOOP;
END $$;
