-- How many jobs each queue has, without counting them: the kept figures and what changed since.
--
-- A row that every enqueue and completion updates would serialise all commits of the server. So whatever moves jobs from one state
-- to another appends one row for each queue to advisorjobs_count_changes, in its own statement; a worker folds these rows into
-- advisorjobs_counts about once a second; whoever reads adds both, and is exact at its snapshot.
--
-- What is counted: waiting (todo without a time, behind locks and keys too), delayed (todo with one), failed (kept as failed), and what
-- ended and was not cleaned away: completed, cancelled, aborted (cancelled while it ran). Running jobs are read from their index.
--
-- CLEANING moves a point in time (advisorjobs_cleaned) and takes those that ended before it off the figures. A completion that commits
-- later may have ended before it all the same: its change says when (at), and counts for nothing then. For that, folding, cleaning and
-- counting anew exclude each other by an advisory lock, and each does its work in one statement: what it counts, which changes it takes
-- and what it writes are of one snapshot.

-- Up to when each queue was cleaned, of those that were; '*': all others.
CREATE OR REPLACE VIEW advisorjobs_cleaned_until AS
    SELECT q.queue_name, max(c.before) FILTER (WHERE c.status = 'completed') AS completed,
           max(c.before) FILTER (WHERE c.status = 'cancelled') AS cancelled, max(c.before) FILTER (WHERE c.status = 'aborted') AS aborted
      FROM (SELECT DISTINCT queue_name FROM advisorjobs_cleaned) q
      JOIN advisorjobs_cleaned c ON c.queue_name IN (q.queue_name, '*') GROUP BY q.queue_name;

-- The figures of each queue: what was folded and what changed since, but what ended before a cleaning and was committed after it.
CREATE OR REPLACE VIEW advisorjobs_kept_counts AS
    SELECT u.queue_name, coalesce(sum(u.waiting), 0) AS waiting, coalesce(sum(u.delayed), 0) AS delayed,
           coalesce(sum(u.failed), 0) AS failed,
           coalesce(sum(u.completed) FILTER (WHERE (u.at < coalesce(c.completed, a.completed)) IS NOT TRUE), 0) AS completed,
           coalesce(sum(u.cancelled) FILTER (WHERE (u.at < coalesce(c.cancelled, a.cancelled)) IS NOT TRUE), 0) AS cancelled,
           coalesce(sum(u.aborted) FILTER (WHERE (u.at < coalesce(c.aborted, a.aborted)) IS NOT TRUE), 0) AS aborted
      FROM (SELECT k.*, NULL::timestamptz AS at FROM advisorjobs_counts k UNION ALL SELECT * FROM advisorjobs_count_changes) u
      LEFT JOIN advisorjobs_cleaned_until c ON c.queue_name = u.queue_name
      LEFT JOIN advisorjobs_cleaned_until a ON a.queue_name = '*'
     GROUP BY u.queue_name;

-- The minute that a moment is in.
CREATE OR REPLACE FUNCTION advisorjobs_minute_of(_at timestamptz) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT date_bin('1 minute', _at, '2001-01-01 00:00Z')
$$;

-- Folds what changed into the figures, and what of it ended into the minutes in which it did; returns how many changes it folded. Does nothing while somebody else does it.
CREATE OR REPLACE FUNCTION advisorjobs_fold_counts() RETURNS bigint
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
    _folded bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('advisorjobs_counts', 0)) THEN
        RETURN 0;
    END IF;
    WITH gone AS (DELETE FROM advisorjobs_count_changes RETURNING *),
    sums AS (
        SELECT g.queue_name, count(*) AS changes, sum(g.waiting) AS waiting, sum(g.delayed) AS delayed, sum(g.failed) AS failed,
               sum(g.completed) FILTER (WHERE (g.at < coalesce(c.completed, a.completed)) IS NOT TRUE) AS completed,
               sum(g.cancelled) FILTER (WHERE (g.at < coalesce(c.cancelled, a.cancelled)) IS NOT TRUE) AS cancelled,
               sum(g.aborted) FILTER (WHERE (g.at < coalesce(c.aborted, a.aborted)) IS NOT TRUE) AS aborted
          FROM gone g LEFT JOIN advisorjobs_cleaned_until c ON c.queue_name = g.queue_name
          LEFT JOIN advisorjobs_cleaned_until a ON a.queue_name = '*'
         GROUP BY g.queue_name ORDER BY g.queue_name),
    kept AS (
        INSERT INTO advisorjobs_counts AS k (queue_name, waiting, delayed, failed, completed, cancelled, aborted)
        SELECT queue_name, coalesce(waiting, 0), coalesce(delayed, 0), coalesce(failed, 0), coalesce(completed, 0),
               coalesce(cancelled, 0), coalesce(aborted, 0)
          FROM sums
            ON CONFLICT (queue_name) DO UPDATE
           SET waiting = k.waiting + excluded.waiting, delayed = k.delayed + excluded.delayed, failed = k.failed + excluded.failed,
               completed = k.completed + excluded.completed, cancelled = k.cancelled + excluded.cancelled,
               aborted = k.aborted + excluded.aborted
        RETURNING k.queue_name, k.waiting),
    minutes AS (
        INSERT INTO advisorjobs_minutes AS m (queue_name, minute, completed, failed, cancelled, waiting)
        SELECT queue_name, minute, coalesce(sum(completed), 0), coalesce(sum(failed), 0), coalesce(sum(cancelled), 0), max(waiting)
          FROM (SELECT queue_name, advisorjobs_minute_of(at) AS minute, completed, failed, coalesce(cancelled, 0) + coalesce(aborted, 0)
                       AS cancelled, NULL::bigint AS waiting
                  FROM gone WHERE at > now() - interval '1 day' AND at < 'infinity'
                UNION ALL
                SELECT queue_name, advisorjobs_minute_of(now()), 0, 0, 0, waiting FROM kept) each
         GROUP BY queue_name, minute
         ORDER BY queue_name, minute
            ON CONFLICT (queue_name, minute) DO UPDATE
           SET completed = m.completed + excluded.completed, failed = m.failed + excluded.failed,
               cancelled = m.cancelled + excluded.cancelled, waiting = coalesce(excluded.waiting, m.waiting))
    SELECT coalesce(sum(changes), 0) INTO _folded FROM sums;
    RETURN _folded;
END $$;

-- Sets the figures right: appends what they lack. Reads all jobs and (_ended) the history since the last cleaning, a second or two for
-- each million rows. Needed where rows were there before the figures, or were changed by hand. migrate calls it after its last commit;
-- living jobs are counted once more a minute and an hour later, for transactions that were under way with the functions of before.
CREATE OR REPLACE FUNCTION advisorjobs_recount(_ended boolean DEFAULT true) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET plan_cache_mode = force_custom_plan AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('advisorjobs_counts', 0));
    WITH living AS (
        SELECT queue_name::text, count(*) FILTER (WHERE status = 'todo' AND scheduled_at IS NULL) AS waiting,
               count(*) FILTER (WHERE status = 'todo' AND scheduled_at IS NOT NULL) AS delayed,
               count(*) FILTER (WHERE status = 'failed') AS failed, count(*) FILTER (WHERE status = 'succeeded') AS completed,
               count(*) FILTER (WHERE status = 'cancelled') AS cancelled, count(*) FILTER (WHERE status = 'aborted') AS aborted
          FROM procrastinate_jobs GROUP BY queue_name),
    ended AS (
        SELECT r.queue_name, 0 AS waiting, 0 AS delayed, 0 AS failed,
               count(*) FILTER (WHERE r.status = 'completed'
                   AND (r.finished_at < coalesce(c.completed, a.completed)) IS NOT TRUE) AS completed,
               count(*) FILTER (WHERE r.status = 'cancelled' AND r.started_at IS NULL
                   AND (r.finished_at < coalesce(c.cancelled, a.cancelled)) IS NOT TRUE) AS cancelled,
               count(*) FILTER (WHERE r.status = 'cancelled' AND r.started_at IS NOT NULL
                   AND (r.finished_at < coalesce(c.aborted, a.aborted)) IS NOT TRUE) AS aborted
          FROM advisorjobs_runs r LEFT JOIN advisorjobs_cleaned_until c ON c.queue_name = r.queue_name
          LEFT JOIN advisorjobs_cleaned_until a ON a.queue_name = '*'
         WHERE _ended AND r.final AND r.status IN ('completed', 'cancelled') GROUP BY r.queue_name),
    lacking AS (
        SELECT queue_name, sum(waiting) AS waiting, sum(delayed) AS delayed, sum(failed) AS failed, sum(completed) AS completed,
               sum(cancelled) AS cancelled, sum(aborted) AS aborted
          FROM (SELECT * FROM living UNION ALL SELECT * FROM ended
                UNION ALL
                SELECT queue_name, -waiting, -delayed, -failed, -completed, -cancelled, -aborted FROM advisorjobs_kept_counts) each
         GROUP BY queue_name)
    INSERT INTO advisorjobs_count_changes (queue_name, waiting, delayed, failed, completed, cancelled, aborted, at)
    SELECT queue_name, waiting, delayed, failed, CASE WHEN _ended THEN completed END, CASE WHEN _ended THEN cancelled END,
           CASE WHEN _ended THEN aborted END, 'infinity'
      FROM lacking
     WHERE waiting <> 0 OR delayed <> 0 OR failed <> 0 OR (_ended AND (completed <> 0 OR cancelled <> 0 OR aborted <> 0));
END $$;

-- As migrate calls it: where the figures are new.
CREATE OR REPLACE FUNCTION advisorjobs_first_count() RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM advisorjobs_recounts WHERE due_at = '-infinity';
    IF FOUND THEN
        PERFORM advisorjobs_recount();
    END IF;
END $$;

-- The later counts, where one is due; called with the orphans.
CREATE OR REPLACE FUNCTION advisorjobs_recount_living() RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM advisorjobs_recounts WHERE due_at > '-infinity' AND due_at <= now();
    IF FOUND THEN
        PERFORM advisorjobs_recount(false);
    END IF;
    RETURN FOUND;
END $$;

-- How each queue stands, exact at the snapshot of the statement that asks: the one source of the view queue_stats, of the Python
-- manager and of `advisorjobs stats`. _queue: this one only.
--   waiting             due and not running, those behind locks and keys too; paused: the same, where the whole queue is paused, else 0
--   active, delayed     running; waiting for their time
--   completed, failed, cancelled     jobs that ended so and were not cleaned away
--   oldest_waiting_at   since when it waits that waits longest of the jobs that are next in their organization's line, of each
--                       priority; a hundred of them are looked at
--   rate, rate_window, running       the limits in force over all workers, NULL: none
--   closed_until        an external service asked for patience
--   workers             living worker processes that serve the queue
-- Without _oldest oldest_waiting_at is NULL: it is most of what this costs.
CREATE OR REPLACE FUNCTION advisorjobs_queue_states(_queue text, _oldest boolean) RETURNS TABLE (
    queue text, waiting bigint, active bigint, completed bigint, failed bigint, delayed bigint, paused bigint, cancelled bigint,
    oldest_waiting_at timestamptz, is_paused boolean, paused_since timestamptz, paused_until timestamptz, paused_by text,
    pause_reason text, closed_until timestamptz, rate integer, rate_window interval, running integer, workers bigint)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH kept AS MATERIALIZED (
        SELECT k.* FROM advisorjobs_kept_counts k WHERE _queue IS NULL OR k.queue_name = _queue),
    runs AS (
        SELECT j.queue_name::text, count(*) AS active FROM procrastinate_jobs j
         WHERE j.status = 'doing' AND (_queue IS NULL OR j.queue_name = _queue) GROUP BY j.queue_name),
    names AS (
        SELECT q.name FROM advisorjobs_queues q WHERE _queue IS NULL OR q.name = _queue
        UNION SELECT queue_name FROM kept UNION SELECT queue_name FROM runs)
    SELECT n.name, coalesce(k.waiting, 0)::bigint, coalesce(r.active, 0), coalesce(k.completed, 0)::bigint,
           coalesce(k.failed, 0)::bigint, coalesce(k.delayed, 0)::bigint,
           CASE WHEN p.queue IS NOT NULL THEN coalesce(k.waiting, 0) ELSE 0 END::bigint,
           (coalesce(k.cancelled, 0) + coalesce(k.aborted, 0))::bigint,
           CASE WHEN _oldest AND k.waiting > 0 THEN advisorjobs_oldest_waiting(n.name) END, p.queue IS NOT NULL, p.since, p.until, p.paused_by, p.reason,
           CASE WHEN q.closed_until > now() THEN q.closed_until END, q.rate, q.rate_window, q.running,
           (SELECT count(*) FROM advisorjobs_workers w
             WHERE w.stopped_at IS NULL AND w.expires_at > now() AND n.name = ANY (w.queues))
      FROM names n LEFT JOIN kept k ON k.queue_name = n.name LEFT JOIN runs r ON r.queue_name = n.name
      LEFT JOIN advisorjobs_queues q ON q.name = n.name
      LEFT JOIN advisorjobs_pauses p ON p.queue = n.name AND p.organization_id = '' AND (p.until IS NULL OR p.until > now())
     ORDER BY n.name;
END $$;

-- As the manager, `advisorjobs stats` and the view ask.
CREATE OR REPLACE FUNCTION advisorjobs_queue_stats(_queue text) RETURNS TABLE (
    queue text, waiting bigint, active bigint, completed bigint, failed bigint, delayed bigint, paused bigint, cancelled bigint,
    oldest_waiting_at timestamptz, is_paused boolean, paused_since timestamptz, paused_until timestamptz, paused_by text,
    pause_reason text, closed_until timestamptz, rate integer, rate_window interval, running integer, workers bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT * FROM advisorjobs_queue_states(_queue, true)
$$;

-- Since when the one waits that waits longest of those next in line: the first of each priority and turn of the ready index, by a loose
-- scan of it. A hundred probes a queue are two milliseconds for all queues.
CREATE OR REPLACE FUNCTION advisorjobs_oldest_waiting(_queue text) RETURNS timestamptz
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET plan_cache_mode = force_generic_plan
SET enable_seqscan = off SET enable_sort = off SET enable_bitmapscan = off SET jit = off AS $$
DECLARE
    _era integer := pg_sequence_last_value('advisorjobs_eras');
BEGIN
    RETURN (
        WITH RECURSIVE levels AS (
            SELECT (SELECT j.priority FROM procrastinate_jobs j
                     WHERE j.era = _era AND j.queue_name = _queue AND j.status = 'todo' AND j.scheduled_at IS NULL AND j.parked IS NULL
                     ORDER BY j.priority DESC LIMIT 1) AS priority
            UNION ALL
            SELECT (SELECT j.priority FROM procrastinate_jobs j
                     WHERE j.era = _era AND j.queue_name = _queue AND j.priority < l.priority AND j.status = 'todo'
                       AND j.scheduled_at IS NULL AND j.parked IS NULL
                     ORDER BY j.priority DESC LIMIT 1)
              FROM levels l WHERE l.priority IS NOT NULL),
        heads AS (
            SELECT l.priority, h.* FROM levels l CROSS JOIN LATERAL (
                SELECT j.turn, j.queued_at FROM procrastinate_jobs j
                 WHERE j.era = _era AND j.queue_name = _queue AND j.priority = l.priority AND j.status = 'todo'
                   AND j.scheduled_at IS NULL AND j.parked IS NULL
                 ORDER BY j.turn, j.id LIMIT 1) h
            UNION ALL
            SELECT t.priority, h.* FROM heads t CROSS JOIN LATERAL (
                SELECT j.turn, j.queued_at FROM procrastinate_jobs j
                 WHERE j.era = _era AND j.queue_name = _queue AND j.priority = t.priority AND j.turn > t.turn AND j.status = 'todo'
                   AND j.scheduled_at IS NULL AND j.parked IS NULL
                 ORDER BY j.turn, j.id LIMIT 1) h)
        SELECT min(queued_at) FROM (SELECT queued_at FROM heads LIMIT 100) h);
END $$;

CREATE OR REPLACE VIEW queue_stats AS SELECT * FROM advisorjobs_queue_stats(NULL);
