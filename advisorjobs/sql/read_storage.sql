-- Our tables by the system's catalogs and statistics: sizes, dead rows, when they were cleaned last. Partitions of the history too.
SELECT c.relname::text AS name, p.relname::text AS part_of, pg_get_expr(c.relpartbound, c.oid) AS bounds,
       pg_table_size(c.oid) AS table_bytes, pg_indexes_size(c.oid) AS index_bytes, s.n_live_tup AS living, s.n_dead_tup AS dead,
       greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed_at, greatest(s.last_analyze, s.last_autoanalyze) AS analyzed_at,
       s.vacuum_count + s.autovacuum_count AS vacuums
  FROM pg_class c
  JOIN pg_stat_all_tables s ON s.relid = c.oid
  LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
  LEFT JOIN pg_class p ON p.oid = i.inhparent
 WHERE c.relkind = 'r' AND c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'procrastinate_jobs'::regclass)
   AND (c.relname ~ '^(procrastinate|advisorjobs|practice)_' OR c.relname = 'job_types')
 ORDER BY pg_table_size(c.oid) + pg_indexes_size(c.oid) DESC, c.relname
 LIMIT %(most)s
