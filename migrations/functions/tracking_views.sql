-- Views for monitoring, and the functions that they are made of. Durations in milliseconds, rates as shares of 1.

-- What each worker process did in each of its queues since it began: living ones, and those seen within a day. runs: all but the
-- snoozed and released ones. is_active: its lease holds.
CREATE OR REPLACE FUNCTION advisorjobs_worker_statistics()
RETURNS TABLE (
    worker_id bigint, worker text, queue text, is_active boolean, slots integer, runs bigint, completed bigint, failures bigint,
    success_rate double precision, run_mean_ms double precision, run_p50_ms double precision, run_p90_ms double precision,
    run_p95_ms double precision, run_p99_ms double precision, run_max_ms bigint, last_run_at timestamptz,
    started_at timestamptz, last_seen timestamptz, stopped_at timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET enable_bitmapscan = off SET jit = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        SELECT w.id, w.name, q.queue, w.stopped_at IS NULL AND w.expires_at > clock_timestamp(), q.slots, coalesce(t.runs, 0),
               coalesce(t.completed, 0), coalesce(t.failures, 0), advisorjobs_share(t.completed, t.failures), d.*, t.last_run_at,
               w.started_at, w.beat_at, w.stopped_at
          FROM advisorjobs_workers w
         CROSS JOIN LATERAL unnest(w.queues, w.slots) AS q(queue, slots)
          LEFT JOIN (
            SELECT a.worker_id, a.queue_name, sum(a.runs)::bigint AS runs, sum(a.completed)::bigint AS completed,
                   sum(a.failures)::bigint AS failures, sum(a.times) AS times, sum(a.time_sum) AS time_sum, max(a.time_max) AS time_max,
                   max(a.last_run_at) AS last_run_at
              FROM (SELECT * FROM advisorjobs_worker_tallies UNION ALL SELECT * FROM advisorjobs_unfolded_workers) a
             GROUP BY a.worker_id, a.queue_name) t ON t.worker_id = w.id AND t.queue_name = q.queue
         CROSS JOIN LATERAL advisorjobs_durations(t.times, t.time_sum, t.time_max) d
         WHERE w.stopped_at IS NULL OR w.beat_at > clock_timestamp() - interval '1 day'
         ORDER BY w.name, w.id, q.queue;
END $$;
CREATE OR REPLACE VIEW worker_stats AS SELECT * FROM advisorjobs_worker_statistics();

-- Who serves each queue now. Queues that nobody serves are there too.
CREATE OR REPLACE FUNCTION advisorjobs_health()
RETURNS TABLE (queue text, is_active boolean, workers integer, slots integer, last_seen timestamptz)
LANGUAGE plpgsql STABLE SET search_path FROM CURRENT SET jit = off AS $$
BEGIN
    RETURN QUERY
        SELECT coalesce(q.name, s.queue), s.queue IS NOT NULL, coalesce(s.workers, 0), coalesce(s.slots, 0), s.last_seen
          FROM advisorjobs_queues q
          FULL JOIN (
            SELECT u.queue, count(*)::integer AS workers, sum(u.slots)::integer AS slots, max(w.beat_at) AS last_seen
              FROM advisorjobs_workers w CROSS JOIN LATERAL unnest(w.queues, w.slots) AS u(queue, slots)
             WHERE w.stopped_at IS NULL AND w.expires_at > clock_timestamp()
             GROUP BY u.queue) s ON s.queue = q.name
         ORDER BY q.priority, 1;
END $$;

-- How long jobs wait, by queue: ready ones now (oldest_wait_ms; about: a job that came back counts from then), and runs that
-- started within this hour and the last.
CREATE OR REPLACE VIEW queue_latency AS
    SELECT q.name AS queue, (date_part('epoch', clock_timestamp() - advisorjobs_oldest_waiting(q.name)) * 1000)::bigint AS oldest_wait_ms,
           coalesce(t.runs, 0) AS runs, w.mean AS wait_mean_ms, w.p50 AS wait_p50_ms, w.p90 AS wait_p90_ms, w.p95 AS wait_p95_ms,
           w.p99 AS wait_p99_ms, w.max AS wait_max_ms, r.mean AS run_mean_ms, r.p50 AS run_p50_ms, r.p90 AS run_p90_ms,
           r.p95 AS run_p95_ms, r.p99 AS run_p99_ms, r.max AS run_max_ms
      FROM advisorjobs_queues q
      LEFT JOIN (
        SELECT queue_name, sum(runs)::bigint AS runs, sum(waits) AS waits, sum(wait_sum) AS wait_sum, max(wait_max) AS wait_max,
               sum(times) AS times, sum(time_sum) AS time_sum, max(time_max) AS time_max
          FROM advisorjobs_tallied_between(NULL, advisorjobs_grain_of(1, now() - interval '1 hour'), NULL, 1)
         GROUP BY queue_name) t ON t.queue_name = q.name
     CROSS JOIN LATERAL advisorjobs_durations(t.waits, t.wait_sum, t.wait_max) w
     CROSS JOIN LATERAL advisorjobs_durations(t.times, t.time_sum, t.time_max) r;
DROP FUNCTION IF EXISTS advisorjobs_tallied(text, timestamptz, timestamptz, integer);   -- which that view was made of once

-- Runs that ended in an error, the latest first; those after which the job is tried again have final = false.
CREATE OR REPLACE VIEW recent_failures WITH (security_barrier) AS
    SELECT * FROM advisorjobs_ended_executions WHERE fingerprint IS NOT NULL ORDER BY finished_at DESC, job_id DESC;

-- Runs of a second and more, the longest first.
CREATE OR REPLACE VIEW slow_jobs WITH (security_barrier) AS
    SELECT * FROM advisorjobs_ended_executions WHERE run_ms >= 1000 ORDER BY run_ms DESC, job_id DESC;

-- Failures of the last 30 days (UTC, and today) that are alike, by organization, the most frequent first.
CREATE OR REPLACE VIEW error_analysis WITH (security_barrier) AS
    SELECT nullif(organization_id, '') AS organization_id, queue_name AS queue, job_name, error_code::text AS error_code, fingerprint,
           sum(failures)::bigint AS failures, min(first_seen) AS first_seen, max(last_seen) AS last_seen,
           (array_agg(job_id ORDER BY last_seen DESC, job_id DESC))[1] AS example_job_id,
           (array_agg(run_no ORDER BY last_seen DESC, job_id DESC))[1] AS example_run_number
      FROM (SELECT * FROM advisorjobs_error_tallies t
             WHERE t.grain + 0 = 24 AND NOT t.whole
               AND t.since AT TIME ZONE 'UTC' >= advisorjobs_grain_of(24, now() - interval '30 days') AT TIME ZONE 'UTC'
               AND (current_user <> 'advisorjobs_tenant' OR t.organization_id = advisorjobs_organization())
            UNION ALL
            SELECT * FROM advisorjobs_unfolded_failures u WHERE u.since >= advisorjobs_grain_of(24, now() - interval '30 days')) f
     GROUP BY 1, 2, 3, 4, 5
     ORDER BY failures DESC;

-- What each organization's jobs did today and yesterday (UTC).
CREATE OR REPLACE VIEW organization_stats WITH (security_barrier) AS
    SELECT nullif(s.organization_id, '') AS organization_id, s.completed, s.failed, s.cancelled,
           advisorjobs_share(s.completed, s.failed) AS success_rate, s.runs, s.retried, s.timed_out, s.crashed,
           w.mean AS wait_mean_ms, w.p50 AS wait_p50_ms, w.p90 AS wait_p90_ms, w.p95 AS wait_p95_ms, w.p99 AS wait_p99_ms,
           w.max AS wait_max_ms, r.mean AS run_mean_ms, r.p50 AS run_p50_ms, r.p90 AS run_p90_ms, r.p95 AS run_p95_ms,
           r.p99 AS run_p99_ms, r.max AS run_max_ms
      FROM (SELECT organization_id, sum(completed)::bigint AS completed, sum(failed)::bigint AS failed,
                   sum(cancelled)::bigint AS cancelled, sum(runs)::bigint AS runs, sum(retried)::bigint AS retried,
                   sum(timed_out)::bigint AS timed_out, sum(crashed)::bigint AS crashed, sum(waits) AS waits,
                   sum(wait_sum) AS wait_sum, max(wait_max) AS wait_max, sum(times) AS times, sum(time_sum) AS time_sum,
                   max(time_max) AS time_max
              FROM (SELECT organization_id, since, completed, failed, cancelled, runs, retried, timed_out, crashed, waits, wait_sum,
                           wait_max, times, time_sum, time_max
                      FROM advisorjobs_tallies t WHERE t.grain + 0 = 1 AND NOT t.whole
                       AND t.since AT TIME ZONE 'UTC' >= advisorjobs_grain_of(24, now() - interval '24 hours') AT TIME ZONE 'UTC'
                       AND (current_user <> 'advisorjobs_tenant' OR t.organization_id = advisorjobs_organization())
                    UNION ALL
                    SELECT organization_id, hour, completed, failed, cancelled, runs, retried, timed_out, crashed, waits, wait_sum,
                           wait_max, times, time_sum, time_max
                      FROM advisorjobs_unfolded_tallies u WHERE u.hour >= advisorjobs_grain_of(24, now() - interval '24 hours')) t
             GROUP BY organization_id) s
     CROSS JOIN LATERAL advisorjobs_durations(s.waits, s.wait_sum, s.wait_max) w
     CROSS JOIN LATERAL advisorjobs_durations(s.times, s.time_sum, s.time_max) r;

GRANT SELECT ON advisorjobs_ended_executions, job_executions, recent_failures, slow_jobs, error_analysis, organization_stats,
    advisorjobs_unfolded_tallies, advisorjobs_unfolded_failures TO advisorjobs_tenant;
