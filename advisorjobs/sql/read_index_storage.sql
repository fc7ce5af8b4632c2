-- The largest of our indexes, and how often they were used since statistics were reset.
SELECT i.relname::text AS name, t.relname::text AS of_table, pg_relation_size(i.oid) AS bytes, s.idx_scan AS scans, x.indisvalid AS valid
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid AND i.relkind = 'i'
  JOIN pg_class t ON t.oid = x.indrelid
  LEFT JOIN pg_stat_all_indexes s ON s.indexrelid = i.oid
 WHERE t.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'procrastinate_jobs'::regclass)
   AND t.relname ~ '^(procrastinate|advisorjobs)_'
 ORDER BY pg_relation_size(i.oid) DESC, i.relname
 LIMIT %(most)s
