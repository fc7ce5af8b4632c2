-- Lets %(seconds)s seconds pass for all that waits for a time: every moment that the engine compares with the clock becomes so
-- much older, in one transaction. For tests. The leases of workers are left alone: who works, works on.
WITH span AS (
    SELECT make_interval(secs => %(seconds)s) AS by),
jobs AS (
    UPDATE procrastinate_jobs SET queued_at = queued_at - by, scheduled_at = scheduled_at - by, planned_at = planned_at - by,
           started_at = started_at - by, delayed_since = delayed_since - by FROM span),
runs AS (
    UPDATE advisorjobs_runs SET queued_at = queued_at - by, started_at = started_at - by, finished_at = finished_at - by,
           next_run_at = next_run_at - by FROM span),
kept AS (
    UPDATE advisorjobs_unique_keys SET free_at = free_at - by FROM span WHERE free_at IS NOT NULL),
grants AS (
    UPDATE advisorjobs_grants
       SET at = ARRAY(SELECT moment - %(seconds)s::float FROM unnest(at) WITH ORDINALITY AS m(moment, place) ORDER BY place)),
queues AS (
    UPDATE advisorjobs_queues SET closed_until = closed_until - by, rates_changed_at = rates_changed_at - by FROM span
     WHERE coalesce(closed_until, rates_changed_at) IS NOT NULL),
keys AS (
    UPDATE advisorjobs_keys SET closed_until = closed_until - by, wake_at = wake_at - by FROM span),
pauses AS (
    UPDATE advisorjobs_pauses SET since = since - by, until = until - by FROM span),
counts AS (
    UPDATE advisorjobs_count_changes SET at = at - by FROM span WHERE at IS NOT NULL),
cleaned AS (
    UPDATE advisorjobs_cleaned SET before = before - by FROM span),
schedules AS (  -- the planned ones are looked at with the test's time instead: see plan_schedules.sql
    UPDATE advisorjobs_schedules SET planned_from = planned_from - by FROM span WHERE next_at IS NULL AND look_at IS NOT NULL)
SELECT clock_timestamp() AS now
