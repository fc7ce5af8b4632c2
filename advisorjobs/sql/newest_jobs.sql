-- The newest jobs, living and ended, that fit, out of a page of the `look` newest whose numbers are below `before`. A null parameter
-- doesn't narrow the list. Each row has `lowest`, the number down to which the page looked (NULL: there are no further jobs); one
-- row without a job where none fits.
-- Each walk goes down one index for at most `look` entries, so a page costs the same whatever waits and however long history is:
-- failed jobs have an index by queue (the queues are found in it one by one), running ones one by worker, everything else is
-- walked by number. What procrastinate ended before we took its database over is in the table still, and found where no status is
-- asked for. After by_index.sql, in its transaction.
WITH RECURSIVE failing(queue_name) AS (
    (SELECT queue_name FROM procrastinate_jobs
      WHERE %(status)s::text = 'failed' AND status = 'failed' ORDER BY queue_name LIMIT 1)
    UNION ALL
    SELECT (SELECT j.queue_name FROM procrastinate_jobs j
             WHERE j.status = 'failed' AND j.queue_name > f.queue_name ORDER BY j.queue_name LIMIT 1)
      FROM failing f WHERE f.queue_name IS NOT NULL),
failed AS MATERIALIZED (
    SELECT each.* FROM failing f CROSS JOIN LATERAL (
        SELECT id, queue_name, task_name, organization_id, tags, queued_at FROM procrastinate_jobs j
         WHERE j.queue_name = f.queue_name AND j.status = 'failed' AND j.id < %(before)s::bigint
         ORDER BY j.id DESC LIMIT %(look)s) each
     WHERE f.queue_name = coalesce(%(queue)s::text, f.queue_name)
     ORDER BY id DESC LIMIT %(look)s),
running AS MATERIALIZED (
    SELECT id, queue_name, task_name, organization_id, tags, queued_at FROM procrastinate_jobs
     WHERE %(status)s::text = 'active' AND status = 'doing' AND id < %(before)s::bigint ORDER BY id DESC LIMIT %(look)s),
living AS MATERIALIZED (
    SELECT id, queue_name, task_name, organization_id, tags, queued_at, status, scheduled_at > now() AS delayed
      FROM procrastinate_jobs
     WHERE (%(status)s::text IS NULL OR %(status)s::text IN ('waiting', 'delayed')) AND id < %(before)s::bigint
     ORDER BY id DESC LIMIT %(look)s),
ended AS MATERIALIZED (
    SELECT job_id AS id, queue_name, job_name AS task_name, organization_id, tags, queued_at, status, final FROM advisorjobs_runs
     WHERE (%(status)s::text IS NULL OR %(status)s::text IN ('completed', 'cancelled')) AND job_id < %(before)s::bigint
     ORDER BY job_id DESC, run_no DESC LIMIT %(look)s),
edge AS MATERIALIZED (
    SELECT max(lowest) AS lowest FROM (
        SELECT min(id) AS lowest FROM failed HAVING count(*) = %(look)s
        UNION ALL SELECT min(id) FROM running HAVING count(*) = %(look)s
        UNION ALL SELECT min(id) FROM living HAVING count(*) = %(look)s
        UNION ALL SELECT min(id) FROM ended HAVING count(*) = %(look)s) full_walks),
walked AS MATERIALIZED (
    SELECT w.id FROM (
        SELECT * FROM failed UNION ALL SELECT * FROM running
        UNION ALL
        SELECT id, queue_name, task_name, organization_id, tags, queued_at FROM living
         WHERE %(status)s::text IS NULL OR status = 'todo' AND coalesce(delayed, false) = (%(status)s::text = 'delayed')
        UNION ALL
        SELECT id, queue_name, task_name, organization_id, tags, queued_at FROM ended
         WHERE final AND (%(status)s::text IS NULL OR status::text = %(status)s::text)
           AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = ended.id)) w, edge
     WHERE w.id >= coalesce(edge.lowest, 0)
       AND (%(queue)s::text IS NULL OR w.queue_name = %(queue)s)
       AND (%(name)s::text IS NULL OR w.task_name = %(name)s)
       AND (%(organization)s::text IS NULL OR w.organization_id = %(organization)s)
       AND (%(tag)s::text IS NULL OR %(tag)s = ANY (w.tags))
       AND (%(since)s::timestamptz IS NULL OR w.queued_at >= %(since)s)
       AND (%(until)s::timestamptz IS NULL OR w.queued_at < %(until)s)
     ORDER BY w.id DESC),
fitting AS (
    SELECT v.id, v.name, v.queue, v.organization_id, v.status, v.attempts, v.tags, v.error_code, v.queued_at, v.scheduled_at,
           v.started_at, v.finished_at,
           (extract(epoch FROM v.finished_at - v.started_at) * 1000)::bigint AS run_ms
      FROM walked w CROSS JOIN LATERAL (
        SELECT * FROM advisorjobs_jobs a WHERE a.id = w.id OFFSET 0) v   -- so that the number reaches both halves of the view
     WHERE %(status)s::text IS NULL OR v.status = %(status)s
     ORDER BY w.id DESC LIMIT %(limit)s)
SELECT edge.lowest, f.* FROM edge LEFT JOIN fitting f ON true ORDER BY f.id DESC
