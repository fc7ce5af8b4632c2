-- A mark for each topic of the dashboard that is another one when something has changed. "queue:…" for each queue; "jobs": any of them.
WITH queues AS MATERIALIZED (
    SELECT queue, md5(concat_ws(' ', waiting, active, completed, failed, delayed, paused, cancelled, is_paused, closed_until, rate,
                                rate_window, running, workers)) AS mark
      FROM advisorjobs_queue_stats(NULL))
SELECT 'queue:' || queue AS topic, mark FROM queues
UNION ALL
SELECT 'jobs', md5(coalesce(string_agg(mark, '' ORDER BY queue), '')) FROM queues
UNION ALL
SELECT 'workers', concat_ws(' ', count(*), max(id), count(stopped_at), max(beat_at)) FROM advisorjobs_workers
UNION ALL
SELECT 'schedules', concat_ws(' ', count(*), sum(version), sum(runs), sum(skipped), max(changed_at)) FROM advisorjobs_schedules
UNION ALL
SELECT 'audit', max(id)::text FROM advisorjobs_audit
UNION ALL
SELECT 'actions', concat_ws(' ', max(id), sum(done), sum(refused), count(ended_at), count(confirmed_at)) FROM (
    SELECT * FROM advisorjobs_actions ORDER BY id DESC LIMIT 50) a
UNION ALL
SELECT 'pauses', concat_ws(' ', count(*), max(since)) FROM advisorjobs_pauses
