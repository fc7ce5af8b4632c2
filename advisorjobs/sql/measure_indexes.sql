-- The b-trees of these tables: size, entries and width of a key by the statistics. Entries are scaled by what the table grew since;
-- where statistics of a column are hidden (row-level security) its width is taken to be large, which hides bloat but invents none.
SELECT n.nspname::text AS schema, i.relname::text AS name, t.relname::text AS "table", pg_relation_size(i.oid) AS bytes,
       CASE WHEN i.reltuples >= 0 AND t.reltuples >= 0
            THEN i.reltuples * greatest(1, s.n_live_tup / greatest(t.reltuples, 1)) END::double precision AS entries,
       (SELECT coalesce(sum(coalesce(v.avg_width, CASE WHEN a.attlen > 0 THEN a.attlen ELSE 48 END)), 8)
          FROM pg_attribute a
          LEFT JOIN pg_attribute b ON b.attrelid = t.oid AND b.attnum = x.indkey[a.attnum - 1]
          LEFT JOIN pg_stats v ON v.schemaname = n.nspname AND NOT v.inherited
               AND ((v.tablename = t.relname AND v.attname = b.attname) OR (v.tablename = i.relname AND v.attname = a.attname))
         WHERE a.attrelid = i.oid AND a.attnum > 0)::double precision AS key_bytes,
       NOT x.indisvalid AND i.relname ~ '_cc(new|old)\d*$' AS left_over
  FROM pg_index x
  JOIN pg_class i ON i.oid = x.indexrelid
  JOIN pg_class t ON t.oid = x.indrelid
  JOIN pg_namespace n ON n.oid = t.relnamespace
  JOIN pg_am m ON m.oid = i.relam AND m.amname = 'btree'
  JOIN pg_stat_all_tables s ON s.relid = t.oid
 WHERE n.nspname = %(schema)s AND t.relname = ANY (%(tables)s::text[]) AND i.relkind = 'i'
 ORDER BY i.relname
