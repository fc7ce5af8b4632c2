-- AdvisorJobs' and the practice's tables as the statistics have them: nothing is read row by row. A table belongs to the practice
-- when advisorjobs_isolate() made it a tenants' table. permitted: this role may vacuum it.
SELECT n.nspname::text AS schema, c.relname::text AS name, coalesce(p.relname, c.relname)::text AS part_of,
       pg_total_relation_size(c.oid) AS bytes, s.n_live_tup AS living, s.n_dead_tup AS dead,
       s.n_mod_since_analyze AS modified, coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL AS analyzed,
       pg_has_role(c.relowner, 'USAGE') AS permitted
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  JOIN pg_stat_all_tables s ON s.relid = c.oid
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  LEFT JOIN pg_class p ON p.oid = i.inhparent
 WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'procrastinate_jobs'::regclass)
   AND (c.relname ~ '^(procrastinate|advisorjobs)_' OR c.relname = 'job_types'
        OR EXISTS (SELECT FROM pg_policy y WHERE y.polrelid = c.oid AND y.polname = 'advisorjobs_organization'))
 ORDER BY c.relname
