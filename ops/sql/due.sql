-- What is due next: jobs for later and schedules' next ticks, soonest first (30 rows; psql -v most=100). A job whose time is in the past
-- has not been looked at: no worker is alive. `which` is the job's id, or the schedule's key; retries are among the jobs (retrying.sql).
\if :{?most} \else \set most 30 \endif
SELECT * FROM (
    (SELECT j.scheduled_at AS at, j.scheduled_at - now() AS due_in, 'job' AS what, j.id::text AS which, j.task_name::text AS name,
            j.queue_name::text AS queue, j.organization_id
       FROM procrastinate_jobs j WHERE j.status = 'todo' AND j.scheduled_at IS NOT NULL ORDER BY j.scheduled_at LIMIT :most)
    UNION ALL
    (SELECT s.next_run_at, s.next_run_at - now(), 'schedule', s.key, s.name, s.queue, s.organization_id
       FROM schedules s WHERE s.state = 'active' AND s.next_run_at IS NOT NULL ORDER BY s.next_run_at LIMIT :most)) due
 ORDER BY at LIMIT :most;
