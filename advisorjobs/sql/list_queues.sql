-- procrastinate's list_queues, with finished jobs.
SELECT name, sum(jobs_count)::bigint AS jobs_count, json_object_agg(status, jobs_count) AS stats FROM (
    SELECT queue AS name, stock_status AS status, count(*) AS jobs_count FROM advisorjobs_jobs
     WHERE queue IS NOT NULL
       AND (%(queue_name)s::text IS NULL OR queue = %(queue_name)s)
       AND (%(task_name)s::text IS NULL OR name = %(task_name)s)
       AND (%(status)s::procrastinate_job_status IS NULL OR stock_status = %(status)s)
       AND (%(lock)s::text IS NULL OR lock = %(lock)s)
     GROUP BY 1, 2) counts
 GROUP BY name ORDER BY name
