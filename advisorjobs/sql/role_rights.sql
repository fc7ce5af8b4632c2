-- What this role may do with what is ours, from the system's catalogue, which every role may read.
-- schema: where ours is, NULL if the search_path names none that the role may use. worker, enqueuer: what it lacks to work, to queue.
-- loose: tables with policies that aren't in force, for their owner too where they are the tenants' and not the engine's. partitions: whether it may make
-- history's next months.
WITH ours AS (
    SELECT c.oid, c.relname, c.relkind, c.relowner, c.relrowsecurity AND (c.relforcerowsecurity OR c.relname LIKE 'advisorjobs\_%%') AS bound
      FROM pg_class c
     WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p', 'S')
       AND (c.relname ~ '^(procrastinate|advisorjobs)_' OR c.relname = 'job_types'
            OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'advisorjobs_organization'))),
lacking AS (
    SELECT needed || ' on ' || o.relname AS what
      FROM ours o CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS n(needed)
     WHERE o.relkind IN ('r', 'p') AND NOT has_table_privilege(o.oid, needed)
    UNION ALL
    SELECT n.needed || ' on ' || o.relname FROM ours o
     CROSS JOIN LATERAL (SELECT CASE o.relname WHEN 'advisorjobs_eras' THEN 'UPDATE' ELSE 'USAGE' END) AS n(needed)
     WHERE o.relkind = 'S' AND NOT has_sequence_privilege(o.oid, n.needed)),
functions AS (
    SELECT 'EXECUTE on FUNCTION ' || p.oid::regprocedure AS what, p.proname ~ '^(enqueue_|advisorjobs_enqueue)' AS queues
      FROM pg_proc p
     WHERE p.pronamespace = current_schema()::regnamespace AND NOT has_function_privilege(p.oid, 'EXECUTE')
       AND (p.proname ~ '^(procrastinate|advisorjobs|enqueue)_' OR p.proname IN ('get_job', 'cancel_job', 'retry_job'))),
tenant AS (
    SELECT oid, rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = %(tenant)s)
SELECT current_user::text AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypasses, current_schema()::text AS schema,
       to_regclass('procrastinate_jobs') IS NOT NULL AS migrated,
       ARRAY(SELECT w.what FROM (SELECT what FROM lacking UNION ALL SELECT what FROM functions) w
              ORDER BY w.what !~ ' on (advisorjobs|procrastinate)_', 1) AS worker,     -- what all workers need first
       ARRAY(SELECT what FROM functions WHERE queues
             UNION ALL SELECT what FROM lacking WHERE what IN ('SELECT on job_types', 'SELECT on advisorjobs_queues')
             ORDER BY 1) AS enqueuer,
       (SELECT unbound FROM tenant) AS tenant_unbound,
       coalesce((SELECT pg_has_role(oid, CASE WHEN current_setting('server_version_num')::integer >= 160000
                                              THEN 'SET' ELSE 'MEMBER' END) FROM tenant), false) AS tenant_member,
       ARRAY(SELECT o.relname::text FROM ours o
              WHERE NOT o.bound AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = o.oid) ORDER BY 1) AS loose,
       coalesce((SELECT pg_has_role(o.relowner, 'USAGE') AND has_schema_privilege(current_schema(), 'CREATE')
                   FROM ours o WHERE o.relname = 'advisorjobs_runs'), true) AS partitions
  FROM pg_roles r WHERE r.rolname = current_user
