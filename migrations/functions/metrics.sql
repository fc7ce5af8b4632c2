-- What /metrics is made of: one statement, of one snapshot, in a few milliseconds whatever the tables hold.

-- What the rate limit of each queue that has one allows now; as advisorjobs_rate_left, which also mends what it reads.
CREATE OR REPLACE FUNCTION advisorjobs_rates_left() RETURNS TABLE (queue text, allowed integer)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT q.name, greatest(0, q.rate - coalesce((
               SELECT sum(c) FROM unnest(g.costs[width_bucket(
                   extract(epoch FROM clock_timestamp())::double precision - extract(epoch FROM q.rate_window)::double precision * 1.025,
                   g.at) + 1 :]) AS c), 0))::integer
      FROM advisorjobs_queues q LEFT JOIN advisorjobs_grants g ON g.scope = advisorjobs_scope('queue', q.name)
     WHERE q.rate IS NOT NULL
$$;

-- The tables that a claim or a completion touches, and the history as one.
CREATE OR REPLACE FUNCTION advisorjobs_table_state()
RETURNS TABLE (name text, living bigint, dead bigint, bytes bigint)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
    SELECT t.name, coalesce(s.n_live_tup, 0), coalesce(s.n_dead_tup, 0), pg_total_relation_size(t.name::regclass)
      FROM unnest(ARRAY['procrastinate_jobs', 'advisorjobs_workers', 'advisorjobs_unique_keys', 'advisorjobs_grants', 'advisorjobs_keys',
                        'advisorjobs_queues', 'advisorjobs_counts', 'advisorjobs_count_changes', 'advisorjobs_ended', 'advisorjobs_tallies',
                        'advisorjobs_error_tallies', 'advisorjobs_schedules']) AS t(name)
      LEFT JOIN pg_stat_all_tables s ON s.relid = t.name::regclass
    UNION ALL
    SELECT 'advisorjobs_runs', sum(s.n_live_tup)::bigint, sum(s.n_dead_tup)::bigint, sum(pg_total_relation_size(i.inhrelid))::bigint
      FROM pg_inherits i JOIN pg_stat_all_tables s ON s.relid = i.inhrelid WHERE i.inhparent = 'advisorjobs_runs'::regclass
$$;

-- All of it as JSON, a document a column. Seconds are numbers; histograms are text, as no JSON number holds them.
CREATE OR REPLACE FUNCTION advisorjobs_measurements() RETURNS TABLE (
    queues jsonb, workers jsonb, schedules jsonb, totals jsonb, errors jsonb, tables jsonb, cleaning jsonb, unfolded bigint,
    server_version text)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_seqscan = off SET jit = off AS $$
BEGIN
    RETURN QUERY SELECT
        (SELECT jsonb_agg(jsonb_build_object(
                'queue', s.queue, 'waiting', s.waiting, 'active', s.active, 'delayed', s.delayed, 'failed', s.failed,
                'oldest', extract(epoch FROM clock_timestamp() - s.oldest_waiting_at), 'paused', s.is_paused,
                'closed', s.closed_until IS NOT NULL, 'rate', s.rate, 'rate_window', extract(epoch FROM s.rate_window),
                'rate_left', l.allowed, 'running_limit', s.running, 'workers', s.workers, 'slots', coalesce(h.slots, 0)) ORDER BY s.queue)
           FROM advisorjobs_queue_stats(NULL) s
           LEFT JOIN advisorjobs_health() h ON h.queue = s.queue
           LEFT JOIN advisorjobs_rates_left() l ON l.queue = s.queue),
        (SELECT jsonb_build_object(
                'alive', count(*) FILTER (WHERE w.expires_at > clock_timestamp()),
                'silent', count(*) FILTER (WHERE w.expires_at <= clock_timestamp()),
                'heartbeat_age', max(extract(epoch FROM clock_timestamp() - w.beat_at)) FILTER (WHERE w.expires_at > clock_timestamp()))
           FROM advisorjobs_workers w WHERE w.stopped_at IS NULL),
        (SELECT jsonb_build_object(
                'broken', (SELECT count(*) FROM advisorjobs_schedules b WHERE b.broken IS NOT NULL AND b.paused_at IS NULL),
                'late', count(*), 'lateness', coalesce(extract(epoch FROM clock_timestamp() - min(late.look_at)), 0))
           FROM (SELECT a.look_at FROM advisorjobs_schedules a WHERE a.look_at < now() - interval '1 minute' LIMIT 1000) late),
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'queue', t.queue_name, 'job_name', t.job_name, 'completed', t.completed, 'cancelled', t.cancelled, 'retried', t.retried,
                'failed', t.runs - t.completed - t.cancelled - t.retried, 'snoozed', t.snoozed, 'released', t.released,
                'waits', t.waits::text, 'wait_ms', t.wait_sum, 'times', t.times::text, 'time_ms', t.time_sum)
                ORDER BY t.queue_name, t.job_name), '[]')
           FROM advisorjobs_tallies t WHERE t.organization_id = '' AND t.whole AND t.grain = 0 AND t.since = 'infinity'),
        (SELECT coalesce(jsonb_agg(jsonb_build_object(
                'queue', e.queue_name, 'job_name', e.job_name, 'error_code', e.error_code, 'failures', e.failures)
                ORDER BY e.queue_name, e.job_name, e.error_code), '[]') FROM advisorjobs_error_totals e),
        (SELECT jsonb_agg(to_jsonb(t) ORDER BY t.name) FROM advisorjobs_table_state() t),
        (SELECT jsonb_build_object('seconds', coalesce(max(c.seconds), 0), 'transactions', coalesce(max(c.transactions), 0))
           FROM advisorjobs_cleaning_held_back() c WHERE NOT c.catalog_only),
        (SELECT coalesce(sum(u.runs), 0)::bigint FROM (SELECT n.runs FROM advisorjobs_unfolded n LIMIT 10000) u),
        current_setting('server_version');
END $$;
