-- What the pages on queues, organizations, workers and limits show. All STABLE, and none reads more than it says.

-- The pace of each queue, or of one: what ended in the last minutes, folded or not (advisorjobs_minutes).
--   seconds           the span that the three counts are of: the last five minutes, less where its work began within them
--   waiting_before    how many waited five minutes ago, NULL where nobody knows
--   completed_by_minute, failed_by_minute     of the last hour, the oldest first; the last is the present minute
CREATE OR REPLACE FUNCTION advisorjobs_paces(_queue text) RETURNS TABLE (
    queue text, seconds double precision, completed bigint, failed bigint, cancelled bigint, waiting_before bigint,
    completed_by_minute bigint[], failed_by_minute bigint[])
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _this CONSTANT timestamptz := advisorjobs_minute_of(now());
    _from CONSTANT timestamptz := _this - interval '5 minutes';
BEGIN
    RETURN QUERY
        WITH names AS MATERIALIZED (
            SELECT q.name FROM advisorjobs_queues q WHERE _queue IS NULL OR q.name = _queue
            UNION SELECT k.queue_name FROM advisorjobs_counts k WHERE _queue IS NULL OR k.queue_name = _queue),
        lately AS MATERIALIZED (
            SELECT n.name, m.minute, m.completed, m.failed, m.cancelled, m.waiting FROM names n CROSS JOIN LATERAL (
                SELECT * FROM advisorjobs_minutes k
                 WHERE k.queue_name = n.name AND k.minute > _this - interval '1 hour' OFFSET 0) m
            UNION ALL
            SELECT c.queue_name, advisorjobs_minute_of(c.at), c.completed, c.failed, coalesce(c.cancelled, 0) + coalesce(c.aborted, 0), NULL
              FROM advisorjobs_count_changes c
             WHERE c.at > _this - interval '59 minutes' AND c.at < 'infinity' AND (_queue IS NULL OR c.queue_name = _queue)),
        by_minute AS (
            SELECT l.name, l.minute, coalesce(sum(l.completed), 0)::bigint AS completed, coalesce(sum(l.failed), 0)::bigint AS failed,
                   coalesce(sum(l.cancelled), 0)::bigint AS cancelled, max(l.waiting) AS waiting
              FROM lately l GROUP BY l.name, l.minute),
        hour AS (
            SELECT n.name, array_agg(coalesce(b.completed, 0) ORDER BY s.minute) AS completed,
                   array_agg(coalesce(b.failed, 0) ORDER BY s.minute) AS failed
              FROM names n CROSS JOIN generate_series(_this - interval '59 minutes', _this, interval '1 minute') AS s(minute)
              LEFT JOIN by_minute b ON b.name = n.name AND b.minute = s.minute
             GROUP BY n.name)
        SELECT n.name,
               date_part('epoch', clock_timestamp() - coalesce(p.began, _from)), coalesce(p.completed, 0)::bigint,
               coalesce(p.failed, 0)::bigint, coalesce(p.cancelled, 0)::bigint,
               (SELECT m.waiting FROM advisorjobs_minutes m
                 WHERE m.queue_name = n.name AND m.minute < _from AND m.minute > _from - interval '1 day' AND m.waiting IS NOT NULL
                 ORDER BY m.minute DESC LIMIT 1),
               h.completed, h.failed
          FROM names n JOIN hour h ON h.name = n.name
          LEFT JOIN (
            SELECT b.name, sum(b.completed) AS completed, sum(b.failed) AS failed, sum(b.cancelled) AS cancelled,
                   min(b.minute) FILTER (WHERE b.completed + b.failed + b.cancelled > 0) AS began
              FROM by_minute b WHERE b.minute >= _from GROUP BY b.name) p ON p.name = n.name
         ORDER BY n.name;
END $$;

-- How a queue (NULL: all of them), for all organizations together or (_organization) for one, did over time: a row for each bucket of
-- _hours (1, 6 or 24) from the one that _start is in, empty ones too. Percentiles are at most 4.8 % off (advisorjobs_bucket).
CREATE OR REPLACE FUNCTION advisorjobs_series(_queue text, _organization text, _start timestamptz, _hours integer) RETURNS TABLE (
    since timestamptz, completed bigint, failed bigint, cancelled bigint, runs bigint, wait_p50_ms double precision,
    wait_p95_ms double precision, run_p50_ms double precision, run_p95_ms double precision)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _from CONSTANT timestamptz := advisorjobs_grain_of(_hours, _start);
BEGIN
    RETURN QUERY
        WITH pieces AS (
            SELECT advisorjobs_grain_of(_hours, w.since) AS bin, w.completed, w.failed, w.cancelled, w.runs, w.waits, w.wait_sum,
                   w.wait_max, w.times, w.time_sum, w.time_max
              FROM advisorjobs_tally_state s
             CROSS JOIN LATERAL advisorjobs_pieces(
                _from, NULL, s.rolled_until, advisorjobs_grains(_organization IS NULL, _hours)) p
             CROSS JOIN LATERAL (
                SELECT * FROM advisorjobs_tallies a
                 WHERE a.organization_id = coalesce(_organization, '') AND a.whole = (_organization IS NULL) AND a.grain = p.grain
                   AND a.since >= p.lower AND a.since < p.upper AND (_queue IS NULL OR a.queue_name = _queue) OFFSET 0) w
            UNION ALL
            SELECT advisorjobs_grain_of(_hours, l.since), l.completed, l.failed, l.cancelled, l.runs, l.waits, l.wait_sum, l.wait_max,
                   l.times, l.time_sum, l.time_max
              FROM advisorjobs_tallied_runs(_organization, _from, NULL) l WHERE _queue IS NULL OR l.queue_name = _queue),
        bins AS (
            SELECT p.bin, sum(p.completed) AS completed, sum(p.failed) AS failed, sum(p.cancelled) AS cancelled, sum(p.runs) AS runs,
                   sum(p.waits) AS waits, sum(p.wait_sum) AS wait_sum, max(p.wait_max) AS wait_max,
                   sum(p.times) AS times, sum(p.time_sum) AS time_sum, max(p.time_max) AS time_max
              FROM pieces p GROUP BY p.bin)
        SELECT g.bin, coalesce(b.completed, 0)::bigint, coalesce(b.failed, 0)::bigint, coalesce(b.cancelled, 0)::bigint,
               coalesce(b.runs, 0)::bigint, w.p50, w.p95, r.p50, r.p95
          FROM generate_series(_from, now(), make_interval(hours => _hours)) AS g(bin)
          LEFT JOIN bins b ON b.bin = g.bin
         CROSS JOIN LATERAL advisorjobs_durations(coalesce(b.waits, 0), b.wait_sum, b.wait_max) w
         CROSS JOIN LATERAL advisorjobs_durations(coalesce(b.times, 0), b.time_sum, b.time_max) r
         ORDER BY g.bin;
END $$;

-- Whose jobs wait: of the jobs on _pages pages of the table, spread over it and the same ones each time, how many of each organization wait.
-- All of them where the table has no more pages. Nobody knows how many wait for each organization: a figure that each enqueue
-- and each start had to keep would cost them more than it is worth.
CREATE OR REPLACE FUNCTION advisorjobs_waiting_sample(_queue text, _pages integer)
RETURNS TABLE (organization_id text, seen bigint, part double precision)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _share CONSTANT double precision := least(100, 100.0 * _pages / greatest(
        pg_relation_size('procrastinate_jobs') / current_setting('block_size')::integer, 1));
BEGIN
    RETURN QUERY
        SELECT coalesce(j.organization_id, ''), count(*), _share / 100
          FROM procrastinate_jobs j TABLESAMPLE SYSTEM (_share) REPEATABLE (1)
         WHERE j.status = 'todo' AND j.scheduled_at IS NULL AND (_queue IS NULL OR j.queue_name = _queue)
         GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 200;
END $$;

-- How many jobs of each of these organizations are ready, in one queue or (NULL) in all: _most at most. By the ready index. In a queue
-- whose fairness is off they have no line of their own, and count for nothing here; so do those behind locks and keys.
CREATE OR REPLACE FUNCTION advisorjobs_ready_of(_organizations text[], _queue text, _most integer)
RETURNS TABLE (organization_id text, jobs bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _era CONSTANT integer := pg_sequence_last_value('advisorjobs_eras');
BEGIN
    RETURN QUERY
        WITH RECURSIVE levels AS MATERIALIZED (     -- the queues and priorities in which anything is ready, by a loose scan
            SELECT h.queue_name, h.priority FROM (
                SELECT j.queue_name, j.priority FROM procrastinate_jobs j
                 WHERE j.era = _era AND (_queue IS NULL OR j.queue_name = _queue) AND j.status = 'todo' AND j.scheduled_at IS NULL
                   AND j.parked IS NULL
                 ORDER BY j.era, j.queue_name, j.priority DESC LIMIT 1) h
            UNION ALL
            SELECT h.queue_name, h.priority FROM levels l CROSS JOIN LATERAL (
                SELECT * FROM (
                    (SELECT j.queue_name, j.priority FROM procrastinate_jobs j
                      WHERE j.era = _era AND j.queue_name = l.queue_name AND j.priority < l.priority AND j.status = 'todo'
                        AND j.scheduled_at IS NULL AND j.parked IS NULL
                      ORDER BY j.priority DESC LIMIT 1)
                    UNION ALL
                    (SELECT j.queue_name, j.priority FROM procrastinate_jobs j
                      WHERE j.era = _era AND _queue IS NULL AND j.queue_name > l.queue_name AND j.status = 'todo'
                        AND j.scheduled_at IS NULL AND j.parked IS NULL
                      ORDER BY j.queue_name, j.priority DESC LIMIT 1)) e LIMIT 1) h)
        SELECT o.organization_id, (
            SELECT count(*) FROM (
                SELECT FROM levels l CROSS JOIN LATERAL (
                    SELECT FROM procrastinate_jobs j
                     WHERE j.era = _era AND j.queue_name = l.queue_name AND j.priority = l.priority
                       AND j.turn BETWEEN o.organization_id AND o.organization_id
                       AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
                     LIMIT _most) ready
                 LIMIT _most) all_)
          FROM unnest(_organizations) AS o(organization_id);
END $$;

-- What a rate limit has granted and still allows, as advisorjobs_rate_left decides it (functions/limits.sql), without a lock and changing nothing.
-- opens_in: seconds until more may start, where nothing may now.
CREATE OR REPLACE FUNCTION advisorjobs_rate_state(
    _scope text, _rate integer, _window interval, OUT used integer, OUT tokens integer, OUT opens_in double precision)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _old CONSTANT double precision := extract(epoch FROM clock_timestamp()) - extract(epoch FROM _window) * 1.025;
    _grants advisorjobs_grants;
    _gone integer;
BEGIN
    IF _rate IS NULL THEN
        RETURN;
    END IF;
    SELECT * INTO _grants FROM advisorjobs_grants g WHERE g.scope = _scope;
    _gone := coalesce(width_bucket(_old, _grants.at), 0);
    used := coalesce((SELECT sum(c) FROM unnest(_grants.costs[_gone + 1 :]) AS c), 0);
    tokens := greatest(0, _rate - used);
    IF tokens = 0 THEN
        opens_in := _grants.at[_gone + 1] - _old;
    END IF;
END $$;

-- Every limit and what is left of it. kind: 'queue', 'organization' (in a queue; queue NULL: its rule for each, nothing started lately)
-- or 'key'; _kinds: those wanted. _organization: what holds for that one only. At most _most rules, and as many organizations that started
-- something lately.
CREATE OR REPLACE FUNCTION advisorjobs_limit_states(_organization text, _most integer, _kinds text[]) RETURNS TABLE (
    kind text, queue text, organization_id text, key text, rate integer, rate_window interval, used integer, tokens integer,
    opens_in double precision, running integer, running_now bigint, weight integer, closed_until timestamptz, paused boolean,
    paused_until timestamptz, changed_at timestamptz, changed_by text, changed_why text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit = off AS $$
#variable_conflict use_column
BEGIN
    IF 'queue' = ANY (_kinds) AND _organization IS NULL THEN
        RETURN QUERY
            WITH doing AS MATERIALIZED (
                SELECT j.queue_name::text AS queue, coalesce(j.organization_id, '') AS organization_id, j.limit_key, count(*) AS n
                  FROM procrastinate_jobs j WHERE j.status = 'doing' GROUP BY 1, 2, 3)
            SELECT 'queue', q.name, NULL::text, NULL::text, q.rate, q.rate_window, s.used, s.tokens, s.opens_in, q.running,
                   (SELECT coalesce(sum(d.n), 0)::bigint FROM doing d WHERE d.queue = q.name), NULL::integer,
                   CASE WHEN q.closed_until > now() THEN q.closed_until END, p.queue IS NOT NULL, p.until, q.changed_at, q.changed_by,
                   q.changed_why
              FROM advisorjobs_queues q
              LEFT JOIN advisorjobs_pauses p ON p.queue = q.name AND p.organization_id = '' AND (p.until > now()) IS NOT FALSE
             CROSS JOIN LATERAL advisorjobs_rate_state(advisorjobs_scope('queue', q.name), q.rate, q.rate_window) s
             WHERE (q.rate IS NOT NULL OR q.running IS NOT NULL OR q.closed_until > now() OR p.queue IS NOT NULL OR q.changed_at IS NOT NULL);
    END IF;
    IF 'organization' = ANY (_kinds) THEN
        RETURN QUERY
            WITH doing AS MATERIALIZED (
                SELECT j.queue_name::text AS queue, coalesce(j.organization_id, '') AS organization_id, j.limit_key, count(*) AS n
                  FROM procrastinate_jobs j WHERE j.status = 'doing' GROUP BY 1, 2, 3),
            rules AS (
                SELECT r.* FROM advisorjobs_organization_rules r
                 WHERE (_organization IS NULL OR r.organization_id = _organization)
                 ORDER BY r.changed_at DESC LIMIT _most),
            lately AS (     -- scopes of organizations (advisorjobs_scope), of one by a probe for each queue
                SELECT q.name AS queue, _organization AS organization_id FROM advisorjobs_queues q
                 WHERE _organization IS NOT NULL
                   AND EXISTS (SELECT FROM advisorjobs_grants g WHERE g.scope = advisorjobs_scope('queue', q.name, _organization))
                UNION ALL
                SELECT * FROM (
                    SELECT split_part(g.scope, chr(31), 2), split_part(g.scope, chr(31), 3) FROM advisorjobs_grants g
                     WHERE _organization IS NULL AND starts_with(g.scope, 'queue' || chr(31)) AND strpos(substr(g.scope, 7), chr(31)) > 0
                     LIMIT _most) g),
            places AS (
                SELECT l.queue, l.organization_id FROM lately l
                UNION
                SELECT nullif(r.queue, ''), r.organization_id FROM rules r
                 WHERE r.queue <> '' OR NOT EXISTS (SELECT FROM lately l WHERE l.organization_id = r.organization_id)
                UNION
                SELECT q.name, _organization FROM advisorjobs_queues q
                 WHERE _organization IS NOT NULL AND (q.organization_rate IS NOT NULL OR q.organization_running IS NOT NULL)
                UNION
                SELECT nullif(p.queue, ''), p.organization_id FROM (
                    SELECT p.queue, p.organization_id FROM advisorjobs_pauses p
                     WHERE p.organization_id <> '' AND (p.until > now()) IS NOT FALSE
                       AND (_organization IS NULL OR p.organization_id = _organization)
                     ORDER BY p.since DESC LIMIT _most) p)
            SELECT 'organization', l.queue, l.organization_id, NULL::text, r.rate, r.rate_window, s.used, s.tokens, s.opens_in, r.running,
                   (SELECT coalesce(sum(d.n), 0)::bigint FROM doing d
                     WHERE d.organization_id = l.organization_id AND (l.queue IS NULL OR d.queue = l.queue)),
                   r.weight, NULL::timestamptz, r.paused,
                   (SELECT nullif(max(coalesce(p.until, 'infinity')), 'infinity') FROM advisorjobs_pauses p
                     WHERE p.organization_id = l.organization_id AND p.queue IN ('', l.queue) AND (p.until > now()) IS NOT FALSE),
                   c.changed_at, c.changed_by, c.changed_why
              FROM places l
             CROSS JOIN LATERAL advisorjobs_rules(coalesce(l.queue, ''), l.organization_id) r
             CROSS JOIN LATERAL advisorjobs_rate_state(
                advisorjobs_scope('queue', coalesce(l.queue, ''), l.organization_id), r.rate, r.rate_window) s
              LEFT JOIN LATERAL (
                SELECT o.changed_at, o.changed_by, o.changed_why FROM advisorjobs_organization_rules o
                 WHERE o.organization_id = l.organization_id AND o.queue IN ('', l.queue) ORDER BY o.queue DESC LIMIT 1) c ON true;
    END IF;
    IF 'key' = ANY (_kinds) AND _organization IS NULL THEN
        RETURN QUERY
            WITH doing AS MATERIALIZED (
                SELECT j.queue_name::text AS queue, coalesce(j.organization_id, '') AS organization_id, j.limit_key, count(*) AS n
                  FROM procrastinate_jobs j WHERE j.status = 'doing' GROUP BY 1, 2, 3)
            SELECT 'key', NULL::text, NULL::text, k.key, k.rate, k.rate_window, s.used, s.tokens, s.opens_in, k.running,
                   (SELECT coalesce(sum(d.n), 0)::bigint FROM doing d WHERE d.limit_key = k.key), NULL::integer,
                   CASE WHEN k.closed_until > now() THEN k.closed_until END, false, NULL::timestamptz, k.changed_at, k.changed_by, k.changed_why
              FROM (SELECT * FROM advisorjobs_keys k
                     WHERE k.rate IS NOT NULL OR k.running IS NOT NULL OR k.closed_until > now()
                     ORDER BY k.changed_at DESC LIMIT _most) k
             CROSS JOIN LATERAL advisorjobs_rate_state(advisorjobs_scope('key', k.key), k.rate, k.rate_window) s;
    END IF;
END $$;

-- Of the jobs that are next in their organization's line, of each priority, those that wait longest: as advisorjobs_oldest_waiting, which see.
CREATE OR REPLACE FUNCTION advisorjobs_oldest_jobs(_queue text, _organization text, _most integer)
RETURNS TABLE (id bigint, job_name text, organization_id text, queued_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _era CONSTANT integer := pg_sequence_last_value('advisorjobs_eras');
    _heads bigint[] := '{}';
    _priority integer;
    _after text;
    _head record;
BEGIN
    FOR _ IN 1 .. 9 LOOP    -- priorities
        SELECT j.priority INTO _priority FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name = _queue AND j.priority < coalesce(_priority, 2147483647) AND j.status = 'todo'
           AND j.scheduled_at IS NULL AND j.parked IS NULL
         ORDER BY j.priority DESC LIMIT 1;
        EXIT WHEN NOT FOUND;
        _after := coalesce(_organization, '');
        FOR _line IN 1 .. CASE WHEN _organization IS NULL THEN 100 ELSE 1 END LOOP
            IF _line = 1 THEN
                SELECT j.id, j.turn INTO _head FROM procrastinate_jobs j
                 WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn >= _after AND j.status = 'todo'
                   AND j.scheduled_at IS NULL AND j.parked IS NULL
                 ORDER BY j.turn, j.id LIMIT 1;
            ELSE
                SELECT j.id, j.turn INTO _head FROM procrastinate_jobs j
                 WHERE j.era = _era AND j.queue_name = _queue AND j.priority = _priority AND j.turn > _after AND j.status = 'todo'
                   AND j.scheduled_at IS NULL AND j.parked IS NULL
                 ORDER BY j.turn, j.id LIMIT 1;
            END IF;
            EXIT WHEN NOT FOUND OR _head.turn <> _organization;
            _heads := _heads || _head.id;
            _after := _head.turn;
        END LOOP;
    END LOOP;
    RETURN QUERY
        SELECT j.id, j.task_name::text, j.organization_id, j.queued_at FROM procrastinate_jobs j WHERE j.id = ANY (_heads)
         ORDER BY j.queued_at, j.id LIMIT _most;
END $$;

DROP FUNCTION IF EXISTS advisorjobs_throttled_until(text);

-- Organizations and their part in the work of the last _hours (of hours up to 24, else of days), those in whose name work waits, runs
-- or is ruled without any part in it too. _like: how their ids begin. _order: time, runs, failed or waiting (as the sample has it).
--   waiting       ready jobs, counted up to _bound + 1; estimated: how many the sample makes of them; _bound 0: neither is looked at
--   all_…         of all organizations together, or of that one (_organization); found: how many there are in the list
-- At most ten seconds late.
CREATE OR REPLACE FUNCTION advisorjobs_organizations(
    _organization text, _hours integer, _like text, _order text, _skip integer, _most integer, _bound integer)
RETURNS TABLE (
    organization_id text, completed bigint, failed bigint, runs bigint, time_ms bigint, running bigint, waiting bigint, estimated bigint,
    weight integer, rules bigint, paused boolean, paused_until timestamptz, throttled_until timestamptz, all_runs bigint,
    all_time_ms bigint, found bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _from CONSTANT timestamptz := advisorjobs_grain_of(CASE WHEN _hours > 24 THEN 24 ELSE 1 END, now() - make_interval(hours => _hours));
    _limited CONSTANT boolean := EXISTS (SELECT FROM advisorjobs_queues q WHERE q.organization_rate IS NOT NULL)
                              OR EXISTS (SELECT FROM advisorjobs_organization_rules r WHERE r.rate IS NOT NULL);
BEGIN
    RETURN QUERY
        WITH pieces AS MATERIALIZED (
            SELECT p.* FROM advisorjobs_tally_state s CROSS JOIN LATERAL advisorjobs_pieces(_from, NULL, s.rolled_until, '{1,6,24,168}') p),
        parts AS MATERIALIZED (
            SELECT s.organization_id, sum(s.completed)::bigint AS completed, sum(s.failed)::bigint AS failed,
                   sum(s.runs)::bigint AS runs, sum(s.time_ms)::bigint AS time_ms
              FROM pieces p CROSS JOIN LATERAL (
                SELECT * FROM advisorjobs_shares w WHERE w.grain = p.grain AND w.since >= p.lower AND w.since < p.upper OFFSET 0) s
             WHERE _organization IS NULL
             GROUP BY s.organization_id
            UNION ALL
            SELECT _organization, sum(s.completed)::bigint, sum(s.failed)::bigint, sum(s.runs)::bigint, sum(s.time_ms)::bigint
              FROM pieces p
             CROSS JOIN LATERAL generate_series(p.lower, least(p.upper - interval '1 microsecond', now()),
                                                make_interval(hours => p.grain)) AS g(since)
              JOIN advisorjobs_shares s ON s.grain = p.grain AND s.since = g.since AND s.organization_id = _organization
             WHERE _organization IS NOT NULL
            HAVING count(*) > 0),
        doing AS MATERIALIZED (
            SELECT coalesce(j.organization_id, '') AS organization_id, count(*) AS n FROM procrastinate_jobs j
             WHERE j.status = 'doing' GROUP BY 1),
        sampled AS MATERIALIZED (
            SELECT s.organization_id, s.seen, (s.seen / s.part)::bigint AS estimated FROM advisorjobs_waiting_sample(NULL, 300) s
             WHERE _bound > 0),
        held AS MATERIALIZED (
            SELECT p.organization_id, max(coalesce(p.until, 'infinity')) AS until FROM advisorjobs_pauses p
             WHERE p.organization_id <> '' AND (p.until > now()) IS NOT FALSE GROUP BY 1),
        ruled AS MATERIALIZED (
            SELECT r.organization_id, count(*) AS n FROM advisorjobs_organization_rules r GROUP BY 1),
        names AS (
            SELECT p.organization_id FROM parts p UNION SELECT d.organization_id FROM doing d UNION SELECT s.organization_id FROM sampled s
            UNION SELECT h.organization_id FROM held h UNION SELECT r.organization_id FROM ruled r
            UNION SELECT _organization WHERE _organization IS NOT NULL),
        shown AS MATERIALIZED (
            SELECT n.organization_id, coalesce(p.completed, 0) AS completed, coalesce(p.failed, 0) AS failed, coalesce(p.runs, 0) AS runs,
                   coalesce(p.time_ms, 0) AS time_ms, coalesce(d.n, 0) AS running, coalesce(s.estimated, 0) AS estimated,
                   coalesce(r.n, 0) AS rules, h.until, h.organization_id IS NOT NULL AS paused, count(*) OVER () AS found
              FROM names n LEFT JOIN parts p USING (organization_id) LEFT JOIN doing d USING (organization_id)
              LEFT JOIN sampled s USING (organization_id) LEFT JOIN held h USING (organization_id) LEFT JOIN ruled r USING (organization_id)
             WHERE (_organization IS NULL OR n.organization_id = _organization) AND (_like IS NULL OR starts_with(n.organization_id, _like))
             ORDER BY CASE _order WHEN 'runs' THEN p.runs WHEN 'failed' THEN p.failed WHEN 'waiting' THEN s.estimated
                                  ELSE p.time_ms END DESC NULLS LAST, p.runs DESC NULLS LAST, n.organization_id
             LIMIT _most OFFSET _skip),
        ready AS MATERIALIZED (
            SELECT * FROM advisorjobs_ready_of(ARRAY(SELECT s.organization_id FROM shown s), NULL, _bound + 1) WHERE _bound > 0),
        throttled AS (      -- rules are looked up where something was started lately
            SELECT s.organization_id, max(now() + make_interval(secs => e.opens_in)) AS until
              FROM shown s CROSS JOIN advisorjobs_queues q
              JOIN advisorjobs_grants g ON g.scope = advisorjobs_scope('queue', q.name, s.organization_id)
             CROSS JOIN LATERAL advisorjobs_rules(q.name, s.organization_id) l
             CROSS JOIN LATERAL advisorjobs_rate_state(g.scope, l.rate, l.rate_window) e
             WHERE _limited AND s.organization_id <> '' AND e.tokens = 0
             GROUP BY s.organization_id)
        SELECT s.organization_id, s.completed, s.failed, s.runs, s.time_ms, s.running,
               coalesce(y.jobs, 0), s.estimated, coalesce(w.weight, 1), s.rules, s.paused,
               CASE WHEN isfinite(s.until) THEN s.until END,
               h.until,
               (SELECT coalesce(sum(p.runs), 0)::bigint FROM parts p), (SELECT coalesce(sum(p.time_ms), 0)::bigint FROM parts p), s.found
          FROM shown s LEFT JOIN ready y USING (organization_id) LEFT JOIN throttled h USING (organization_id)
          LEFT JOIN advisorjobs_organization_rules w ON w.queue = '' AND w.organization_id = s.organization_id;
END $$;

-- What ended in each of the last 24 hours, and in the present one so far, by queue; hours of UTC, the oldest first. Counts only: histograms are most of
-- their rows.
CREATE OR REPLACE FUNCTION advisorjobs_day_by_hour() RETURNS TABLE (queue text, completed bigint[], failed bigint[])
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
DECLARE
    _from CONSTANT timestamptz := advisorjobs_grain_of(1, now() - interval '24 hours');
BEGIN
    RETURN QUERY
        WITH hours AS MATERIALIZED (
            SELECT t.queue_name, t.since, sum(t.completed)::bigint AS completed, sum(t.failed)::bigint AS failed FROM (
                SELECT w.queue_name, w.since, w.completed, w.failed FROM advisorjobs_tallies w
                 WHERE w.organization_id = '' AND w.whole AND w.grain = 1 AND w.since >= _from
                UNION ALL
                SELECT u.queue_name, advisorjobs_grain_of(1, u.finished_at), CASE WHEN u.status = 'completed' THEN 1 ELSE 0 END,
                       CASE WHEN u.taken_back THEN -1 WHEN u.final AND u.status IN ('failed', 'timed_out', 'crashed') THEN 1 ELSE 0 END
                  FROM advisorjobs_unfolded_runs u WHERE u.finished_at >= _from) t
             GROUP BY t.queue_name, t.since)
        SELECT q.queue_name, array_agg(coalesce(h.completed, 0) ORDER BY g.since),
               array_agg(greatest(coalesce(h.failed, 0), 0) ORDER BY g.since)
          FROM (SELECT DISTINCT queue_name FROM hours) q
         CROSS JOIN generate_series(_from, now(), interval '1 hour') AS g(since)
          LEFT JOIN hours h ON h.queue_name = q.queue_name AND h.since = g.since
         GROUP BY q.queue_name ORDER BY q.queue_name;
END $$;

-- A mark for each topic of the dashboard that is another one when something has changed. "queue:…" for each queue; "jobs": any of them;
-- "job:…" for each of _jobs that is not in the history alone. Read once a second while anybody looks on, so it asks for nothing that
-- has to be looked for among the jobs that wait, and is planned once: planning it takes longer than doing it.
DROP FUNCTION IF EXISTS advisorjobs_changes();
CREATE OR REPLACE FUNCTION advisorjobs_changes(_jobs bigint[] DEFAULT '{}') RETURNS TABLE (topic text, mark text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH kept AS MATERIALIZED (SELECT * FROM advisorjobs_kept_counts),
        doing AS MATERIALIZED (
            SELECT j.queue_name::text, count(*) AS n, sum(j.id) AS ids FROM procrastinate_jobs j WHERE j.status = 'doing' GROUP BY 1),
        serving AS MATERIALIZED (
            SELECT u.queue_name, count(*) AS n FROM advisorjobs_workers w CROSS JOIN unnest(w.queues) AS u(queue_name)
             WHERE w.stopped_at IS NULL AND w.expires_at > now() GROUP BY 1),
        names AS (
            SELECT q.name FROM advisorjobs_queues q UNION SELECT k.queue_name FROM kept k UNION SELECT d.queue_name FROM doing d),
        queues AS MATERIALIZED (
            SELECT n.name, md5(concat_ws(
                       ' ', k.waiting, '/', k.delayed, '/', k.failed, '/', k.completed, '/', k.cancelled, '/', k.aborted, '/', d.n, d.ids, '/',
                       w.n, '/', q.closed_until > now(), '/', q.rate, q.rate_window, '/', q.running, '/', p.since, p.until)) AS mark
              FROM names n LEFT JOIN kept k ON k.queue_name = n.name LEFT JOIN doing d ON d.queue_name = n.name
              LEFT JOIN serving w ON w.queue_name = n.name LEFT JOIN advisorjobs_queues q ON q.name = n.name
              LEFT JOIN advisorjobs_pauses p ON p.queue = n.name AND p.organization_id = '' AND (p.until > now()) IS NOT FALSE)
        SELECT 'queue:' || c.name, c.mark FROM queues c
        UNION ALL
        SELECT 'jobs', md5(coalesce(string_agg(c.mark, '' ORDER BY c.name), '')) FROM queues c
        UNION ALL
        SELECT 'job:' || j.id, md5(concat_ws(
                   ' ', j.status, j.run_no, '/', j.attempts, j.crashes, '/', j.parked, '/', j.scheduled_at, '/', j.priority, j.cost, j.limit_key, '/',
                   j.unique_key, '/', j.abort_requested, j.args, '/', j.tags, '/', j.progress, '/', l.no))
          FROM unnest(_jobs) AS w(id) JOIN procrastinate_jobs j ON j.id = w.id
          LEFT JOIN LATERAL (
              SELECT o.no FROM advisorjobs_log_lines o WHERE o.job_id = j.id AND o.run_no = j.run_no ORDER BY o.no DESC LIMIT 1) l ON true
        UNION ALL
        SELECT 'workers', concat_ws(' ', count(*), max(w.id), count(w.stopped_at), max(w.beat_at)) FROM advisorjobs_workers w
        UNION ALL
        SELECT 'schedules', concat_ws(' ', count(*), sum(s.version), sum(s.runs), sum(s.skipped), max(s.changed_at))
          FROM advisorjobs_schedules s
        UNION ALL
        SELECT 'audit', max(a.id)::text FROM advisorjobs_audit a
        UNION ALL
        SELECT 'actions', concat_ws(' ', max(a.id), sum(a.done), sum(a.refused), count(a.ended_at), count(a.confirmed_at)) FROM (
            SELECT * FROM advisorjobs_actions b ORDER BY b.id DESC LIMIT 50) a
        UNION ALL
        SELECT 'pauses', concat_ws(' ', count(*), max(p.since)) FROM advisorjobs_pauses p;
END $$;
