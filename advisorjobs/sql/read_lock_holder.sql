-- Who has had locks on our tables for longest: its process, what it calls itself and the seconds since its transaction began.
SELECT a.pid, coalesce(nullif(a.application_name, ''), 'nameless') AS name,
       coalesce(extract(epoch FROM clock_timestamp() - a.xact_start), 0)::double precision AS seconds
  FROM pg_stat_activity a
 WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND EXISTS (
    SELECT FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
     WHERE l.pid = a.pid AND l.granted AND l.database = a.datid AND c.relnamespace = current_schema()::regnamespace
       AND c.relkind IN ('r', 'p') AND c.relname ~ '^(procrastinate|advisorjobs|job)_')
 ORDER BY a.xact_start NULLS LAST LIMIT 1
