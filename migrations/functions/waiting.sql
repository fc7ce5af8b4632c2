-- Why a job waits: the facts, read at one snapshot. What they mean is decided by advisorjobs/inspector/why_waiting.py, which must say the
-- same as the claim does: claim.sql, limits.sql, turns.sql and keys.sql are what this looks at.
--
-- Costs a few milliseconds whatever waits: everything is found by an index, and counts of waiting jobs stop at a thousand. Running jobs
-- are read, all of them: there are no more than slots.

-- How much of a rate limit is used up, and in how many seconds a job of this cost fits (NULL: now). As advisorjobs_rate_left, but
-- changes nothing.
DROP FUNCTION IF EXISTS advisorjobs_rate_used(text, integer, interval, integer);
CREATE FUNCTION advisorjobs_rate_used(
    _scope text, _rate integer, _window interval, _cost integer, OUT used integer, OUT opens_in double precision)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT AS $$
DECLARE
    _length double precision := extract(epoch FROM _window);
    _old double precision := extract(epoch FROM clock_timestamp()) - _length * 1.025;
    _at double precision[];
    _costs integer[];
    _left integer;
BEGIN
    SELECT g.at, g.costs INTO _at, _costs FROM advisorjobs_grants g WHERE g.scope = _scope;
    used := 0;
    IF _at IS NULL OR _old IS NULL THEN     -- PostgreSQL 14 asks also where there is no rate
        RETURN;
    END IF;
    FOR _i IN width_bucket(_old, _at) + 1 .. cardinality(_at) LOOP
        used := used + _costs[_i];
    END LOOP;
    _left := used;
    FOR _i IN width_bucket(_old, _at) + 1 .. cardinality(_at) LOOP
        EXIT WHEN _left + least(_cost, _rate) <= _rate;
        _left := _left - _costs[_i];
        opens_in := _at[_i] - _old;
    END LOOP;
END $$;

-- A limit as it stands: {"rate", "window_s", "used", "opens_in", "running_limit", "running", "holders"}.
DROP FUNCTION IF EXISTS advisorjobs_limit_facts(text, integer, interval, integer, integer, bigint[], integer);
CREATE FUNCTION advisorjobs_limit_facts(
    _scope text, _rate integer, _window interval, _cost integer, _running_limit integer, _holders bigint[], _running integer)
RETURNS jsonb
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT jsonb_build_object(
        'rate', _rate, 'window_s', extract(epoch FROM _window), 'used', coalesce(u.used, 0), 'opens_in', u.opens_in,
        'running_limit', _running_limit, 'running', _running,
        'holders', CASE WHEN _running_limit IS NULL THEN '{}' ELSE _holders END)
      FROM (SELECT) one LEFT JOIN LATERAL advisorjobs_rate_used(_scope, _rate, _window, _cost) u ON _rate IS NOT NULL
$$;

-- Of the jobs before this one in its queue's line: how many of a higher priority, how many of its own turn, how many of others, as
-- turns go (each gets as many as its own, whatever its weight); a thousand and one at most of each.
DROP FUNCTION IF EXISTS advisorjobs_line_before(procrastinate_jobs);
CREATE FUNCTION advisorjobs_line_before(_job procrastinate_jobs, OUT higher integer, OUT own integer, OUT others integer)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
BEGIN
    SELECT count(*) INTO higher FROM (
        SELECT FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name = _job.queue_name AND j.priority > _job.priority AND j.status = 'todo'
           AND j.scheduled_at IS NULL AND j.parked IS NULL LIMIT 1001) h;
    SELECT count(*) INTO own FROM (
        SELECT FROM procrastinate_jobs j
         WHERE j.era = _era AND j.queue_name = _job.queue_name AND j.priority = _job.priority AND j.turn = _job.turn AND j.id < _job.id
           AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL LIMIT 1001) o;
    WITH RECURSIVE turns AS (
        (SELECT j.turn, 1 AS n FROM procrastinate_jobs j
          WHERE j.era = _era AND j.queue_name = _job.queue_name AND j.priority = _job.priority AND j.status = 'todo'
            AND j.scheduled_at IS NULL AND j.parked IS NULL ORDER BY j.turn LIMIT 1)
        UNION ALL
        SELECT f.turn, t.n + 1 FROM turns t CROSS JOIN LATERAL (
            SELECT j.turn FROM procrastinate_jobs j
             WHERE j.era = _era AND j.queue_name = _job.queue_name AND j.priority = _job.priority AND j.turn > t.turn
               AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL ORDER BY j.turn LIMIT 1) f
         WHERE t.n < 1001)
    SELECT count(*) INTO others FROM (
        SELECT FROM turns t CROSS JOIN LATERAL (
            SELECT FROM procrastinate_jobs j
             WHERE j.era = _era AND j.queue_name = _job.queue_name AND j.priority = _job.priority AND j.turn = t.turn
               AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL LIMIT own) e
         WHERE t.turn <> _job.turn LIMIT 1001) s;
END $$;

-- The facts of one job, NULL where there is none. _organization: whose people ask; then it is NULL for another's job; numbers of other
-- organizations' jobs are left out, and so is who paused something and what they noted. Moments are text (ISO 8601); spans are seconds.
DROP FUNCTION IF EXISTS advisorjobs_waiting_facts(bigint, text);
CREATE FUNCTION advisorjobs_waiting_facts(_id bigint, _organization text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $$
#variable_conflict use_column
DECLARE
    _job procrastinate_jobs;
    _facts jsonb;
    _queue record;
    _rules record;
    _key advisorjobs_keys;
    _running record;
    _line record;
BEGIN
    SELECT jsonb_build_object(
               'id', v.id, 'status', v.status, 'queue', v.queue, 'name', v.name, 'organization_id', v.organization_id,
               'finished_at', v.finished_at)
      INTO _facts FROM advisorjobs_jobs v WHERE v.id = _id AND (_organization IS NULL OR v.organization_id = _organization);
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    _facts := _facts || jsonb_build_object('now', clock_timestamp());
    SELECT * INTO _job FROM procrastinate_jobs j WHERE j.id = _id;
    IF NOT FOUND OR _job.status <> 'todo' THEN
        RETURN _facts || jsonb_build_object('started_at', _job.started_at, 'worker', (
            SELECT w.name FROM advisorjobs_workers w WHERE w.id = _job.worker_id));
    END IF;
    SELECT q.* INTO _queue FROM (SELECT) one LEFT JOIN advisorjobs_queues q ON q.name = _job.queue_name;
    SELECT r.* INTO _rules FROM (SELECT) one
      LEFT JOIN LATERAL advisorjobs_rules(_job.queue_name, _job.organization_id) r ON _job.organization_id IS NOT NULL;
    SELECT k.* INTO _key FROM (SELECT) one LEFT JOIN advisorjobs_keys k ON k.key = _job.limit_key;
    SELECT count(*) FILTER (WHERE r.in_queue)::integer AS in_queue, count(*) FILTER (WHERE r.of_organization)::integer AS of_organization,
           count(*) FILTER (WHERE r.of_key)::integer AS of_key,
           (coalesce(array_agg(r.id ORDER BY r.started_at, r.id) FILTER (WHERE r.in_queue AND r.shown), '{}'))[:20] AS queue_ids,
           (coalesce(array_agg(r.id ORDER BY r.started_at, r.id) FILTER (WHERE r.of_organization AND r.shown), '{}'))[:20] AS organization_ids,
           (coalesce(array_agg(r.id ORDER BY r.started_at, r.id) FILTER (WHERE r.of_key AND r.shown), '{}'))[:20] AS key_ids,
           min(r.started_at) FILTER (WHERE r.in_queue) AS since
      INTO _running
      FROM (SELECT j.id, j.started_at, j.queue_name = _job.queue_name AS in_queue,
                   j.queue_name = _job.queue_name AND j.organization_id = _job.organization_id AS of_organization,
                   j.limit_key = _job.limit_key AS of_key, _organization IS NULL OR j.organization_id = _organization AS shown
              FROM procrastinate_jobs j WHERE j.status = 'doing') r;
    IF _job.scheduled_at IS NULL AND _job.parked IS NULL AND _job.era = pg_sequence_last_value('advisorjobs_eras') THEN
        SELECT * INTO _line FROM advisorjobs_line_before(_job);
        _facts := _facts || jsonb_build_object('line', to_jsonb(_line));
    END IF;
    RETURN _facts || jsonb_build_object(
        'scheduled_at', _job.scheduled_at, 'parked', _job.parked,
        'past_era', _job.scheduled_at IS NULL AND _job.parked IS NULL AND _job.era <> pg_sequence_last_value('advisorjobs_eras'),
        'last_run', (
            SELECT jsonb_build_object('run_no', r.run_no, 'status', r.status, 'error_code', r.error_code, 'attempt', r.attempt,
                                      'finished_at', r.finished_at)
              FROM advisorjobs_runs r WHERE r.job_id = _id AND r.run_no = _job.run_no AND _job.run_no > 0
             ORDER BY r.finished_at DESC LIMIT 1),
        'schedule', advisorjobs_schedule_of_job(_id, _job.organization_id),
        'pauses', coalesce((
            SELECT jsonb_agg(jsonb_build_object(
                       'queue', nullif(p.queue, ''), 'organization_id', nullif(p.organization_id, ''), 'since', p.since,
                       'until', CASE WHEN isfinite(p.until) THEN p.until END,
                       'reason', CASE WHEN _organization IS NULL THEN p.reason END,
                       'paused_by', CASE WHEN _organization IS NULL THEN p.paused_by END)
                   ORDER BY p.organization_id <> '', p.queue DESC)
              FROM advisorjobs_pauses p
             WHERE (p.queue, p.organization_id) IN (
                       (_job.queue_name, ''), (_job.queue_name, coalesce(_job.organization_id, '')), ('', coalesce(_job.organization_id, '')))
               AND (p.until > clock_timestamp()) IS NOT FALSE), '[]'),
        'queue_closed_until', CASE WHEN _queue.closed_until > clock_timestamp() THEN _queue.closed_until END,
        'queue_limit', advisorjobs_limit_facts(
            advisorjobs_scope('queue', _job.queue_name), _queue.rate, _queue.rate_window, _job.cost, _queue.running, _running.queue_ids,
            _running.in_queue),
        'organization_limit', advisorjobs_limit_facts(
            advisorjobs_scope('queue', _job.queue_name, _job.organization_id), _rules.rate, _rules.rate_window, _job.cost,
            _rules.running, _running.organization_ids, _running.of_organization),
        'limit_key', _job.limit_key, 'key_closed_until', CASE WHEN _key.closed_until > clock_timestamp() THEN _key.closed_until END,
        'key_wakes_at', _key.wake_at,
        'key_limit', advisorjobs_limit_facts(
            advisorjobs_scope('key', _job.limit_key), _key.rate, _key.rate_window, _job.cost, _key.running, _running.key_ids,
            _running.of_key),
        'lock', advisorjobs_lock_facts(_job, _organization),
        'workers', advisorjobs_worker_facts(_job.queue_name, _job.task_name),
        'deployed', EXISTS (SELECT FROM job_types t WHERE t.name = _job.task_name),
        'busy', to_jsonb(_running.queue_ids), 'busy_since', _running.since,
        'pace', (
            SELECT jsonb_build_object('runs', coalesce(sum(t.runs), 0), 'run_ms', sum(t.time_sum) / nullif(sum(t.runs), 0))
              FROM advisorjobs_tallies t      -- as folded, seconds ago: to add the last runs would cost more than all else here
             WHERE t.organization_id = '' AND t.whole AND t.grain = 1 AND t.since >= advisorjobs_grain_of(1, now() - interval '1 hour')
               AND t.queue_name = _job.queue_name));
END $$;

-- Who stands before a job in the line of its lock: the one that runs, and how many wait (a thousand and one at most). NULL: it has none.
DROP FUNCTION IF EXISTS advisorjobs_lock_facts(procrastinate_jobs, text);
CREATE FUNCTION advisorjobs_lock_facts(_job procrastinate_jobs, _organization text) RETURNS jsonb
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off SET jit = off AS $$
DECLARE
    _holder record;
    _head record;
    _before integer;
BEGIN
    IF _job.lock IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT j.id, j.organization_id INTO _holder FROM procrastinate_jobs j WHERE j.lock = _job.lock AND j.status = 'doing';
    SELECT j.id, j.organization_id INTO _head FROM procrastinate_jobs j
     WHERE j.lock = _job.lock AND j.status = 'todo' AND j.scheduled_at IS NULL ORDER BY j.priority DESC, j.id LIMIT 1;
    SELECT count(*) INTO _before FROM (
        SELECT FROM procrastinate_jobs j
         WHERE j.lock = _job.lock AND j.status = 'todo' AND j.scheduled_at IS NULL
           AND (j.priority > _job.priority OR j.priority = _job.priority AND j.id < _job.id) LIMIT 1001) b;
    RETURN jsonb_build_object(
        'name', _job.lock, 'held', _holder.id IS NOT NULL, 'before', _before,
        'holder', CASE WHEN _organization IS NULL OR _holder.organization_id = _organization THEN _holder.id END,
        'next', CASE WHEN _head.id <> _job.id AND (_organization IS NULL OR _head.organization_id = _organization) THEN _head.id END);
END $$;

-- The processes that serve a queue: how many live and take jobs, how many of those know the job's name, their slots and what they hold
-- of it; how many live and take nothing more, as they were told to stop.
DROP FUNCTION IF EXISTS advisorjobs_worker_facts(text, text);
CREATE FUNCTION advisorjobs_worker_facts(_queue text, _name text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT jsonb_build_object(
        'serving', count(*) FILTER (WHERE w.lives), 'knowing', count(*) FILTER (WHERE w.lives AND w.knows),
        'slots', coalesce(sum(w.slots) FILTER (WHERE w.lives AND w.knows), 0),
        'free', coalesce(sum(greatest(0, w.slots - w.held)) FILTER (WHERE w.lives AND w.knows), 0),
        'stopping', count(*) FILTER (WHERE w.stopping), 'last_seen', max(w.beat_at) FILTER (WHERE NOT w.lives))
      FROM (SELECT l.lives, l.beat_at, l.stopping, _name = ANY (l.job_names) AS knows, l.slots[array_position(l.queues, _queue)] AS slots,
                   CASE WHEN l.lives THEN (SELECT count(*) FROM procrastinate_jobs j
                                            WHERE j.status = 'doing' AND j.worker_id = l.id AND j.queue_name = _queue) END AS held
              FROM (SELECT a.beat_at, a.queues, a.slots, a.job_names, a.id, c.alive AND NOT a.stopping AS lives, c.alive AND a.stopping AS stopping
                      FROM advisorjobs_workers a
                     CROSS JOIN LATERAL (SELECT a.stopped_at IS NULL AND a.expires_at > clock_timestamp() AS alive) c
                     WHERE a.stopped_at IS NULL OR a.stopped_at > now() - interval '1 day') l
             WHERE _queue = ANY (l.queues)) w
$$;

-- The schedule that created a job, as long as its tick is kept: {"key", "tick", "asked_for"}. Schedules of one organization are few.
DROP FUNCTION IF EXISTS advisorjobs_schedule_of_job(bigint, text);
CREATE FUNCTION advisorjobs_schedule_of_job(_id bigint, _organization text) RETURNS jsonb
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT jsonb_build_object('key', s.key, 'tick', t.tick, 'asked_for', t.asked_for)
      FROM advisorjobs_schedules s JOIN advisorjobs_schedule_ticks t ON t.schedule_id = s.id AND t.job_id = _id
     WHERE s.organization_id = coalesce(_organization, '') LIMIT 1
$$;
