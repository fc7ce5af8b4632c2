-- Worker processes: all that live or fell silent, then those that ended last; and what each is running. at: the database's clock.
SELECT w.id, w.name, w.host, w.pid, w.version, w.queues, w.slots, w.started_at, w.beat_at, w.stopped_at, w.memory, w.cpu, w.stopping,
       w.expires_at <= clock_timestamp() AS overdue, r.running, r.jobs, clock_timestamp() AS at
  FROM (SELECT * FROM advisorjobs_workers
         WHERE (%(queue)s::text IS NULL OR %(queue)s = ANY (queues)) AND (%(ended)s OR stopped_at IS NULL)
         ORDER BY stopped_at DESC NULLS FIRST, name, id LIMIT %(most)s) w
 CROSS JOIN LATERAL (
    SELECT count(*) AS running, coalesce(jsonb_agg(jsonb_build_object(
               'id', j.id, 'name', j.task_name, 'queue', j.queue_name, 'organization_id', j.organization_id,
               'since', extract(epoch FROM j.started_at), 'progress', j.progress, 'run_no', j.run_no)
           ORDER BY j.started_at, j.id) FILTER (WHERE j.place <= %(jobs)s), '[]') AS jobs
      FROM (SELECT *, row_number() OVER (ORDER BY started_at, id) AS place FROM procrastinate_jobs
             WHERE worker_id = w.id AND status = 'doing') j) r
 ORDER BY w.stopped_at DESC NULLS FIRST, w.name, w.id
