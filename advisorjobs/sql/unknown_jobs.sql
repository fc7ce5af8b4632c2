-- Names of waiting jobs that no asking worker knew, by queue, and how many there are of each, `most` at most: found name by name in
-- their index. After by_index.sql, in its transaction.
WITH RECURSIVE found(queue, name) AS (
    (SELECT queue_name, task_name FROM procrastinate_jobs WHERE status = 'todo' AND parked = 'unknown_job'
      ORDER BY queue_name, task_name LIMIT 1)
    UNION ALL
    SELECT next.queue_name, next.task_name FROM found f CROSS JOIN LATERAL (
        SELECT queue_name, task_name FROM procrastinate_jobs
         WHERE status = 'todo' AND parked = 'unknown_job' AND (queue_name, task_name) > (f.queue, f.name)
         ORDER BY queue_name, task_name LIMIT 1) next)
SELECT f.queue, f.name, counted.jobs FROM found f CROSS JOIN LATERAL (
    SELECT count(*) AS jobs FROM (
        SELECT FROM procrastinate_jobs j
         WHERE j.status = 'todo' AND j.parked = 'unknown_job' AND j.queue_name = f.queue AND j.task_name = f.name
         LIMIT %(most)s) part) counted
 ORDER BY 1, 2
