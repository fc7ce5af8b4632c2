-- Who keeps dead row versions from being cleaned away. For `advisorjobs doctor` and ops/sql/cleaning_held_back.sql.

-- One row for each holder, the oldest first:
--   kind          session | prepared transaction | replication slot | standby
--   name          process id, gid, slot, or the standby's application_name
--   seconds       since it began (NULL: a slot or standby has no such time); transactions: how many were begun since then
--   catalog_only  a logical slot, which holds back the system's own tables only
-- A function and no view, as a view on the system's views can be in the way of the next major upgrade. Sessions of other roles are
-- seen by members of pg_read_all_stats only. Of a session's statement nothing but its first word
-- is given: it may hold what belongs to a client.
-- A session of another database holds ours back only by a transaction that writes; a vacuum holds back none.
CREATE OR REPLACE FUNCTION advisorjobs_cleaning_held_back()
RETURNS TABLE (
    kind text, name text, role text, application text, database text, state text, doing text,
    seconds double precision, transactions integer, catalog_only boolean)
LANGUAGE sql VOLATILE SET search_path = pg_catalog AS $$
    SELECT 'session', a.pid::text, a.usename::text, a.application_name, a.datname::text, a.state,
           upper(substring(a.query FROM '^\s*([A-Za-z]+)')),
           extract(epoch FROM clock_timestamp() - a.xact_start)::double precision,
           greatest(age(a.backend_xid), CASE WHEN a.datname = current_database() THEN age(a.backend_xmin) END), false
      FROM pg_stat_activity a
     WHERE a.pid <> pg_backend_pid() AND a.backend_type NOT IN ('walsender', 'autovacuum worker')
       AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL AND a.datname = current_database())
       AND NOT EXISTS (SELECT FROM pg_stat_progress_vacuum v WHERE v.pid = a.pid)
    UNION ALL
    SELECT 'prepared transaction', p.gid, p.owner::text, NULL, p.database::text, NULL, NULL,
           extract(epoch FROM clock_timestamp() - p.prepared)::double precision, age(p.transaction), false
      FROM pg_prepared_xacts p
    UNION ALL
    SELECT 'replication slot', s.slot_name::text, NULL, NULL, s.database::text,
           CASE WHEN s.active THEN 'active' ELSE 'inactive' END, s.slot_type, NULL,
           greatest(age(s.xmin), age(s.catalog_xmin)), s.xmin IS NULL
      FROM pg_replication_slots s
     WHERE s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL
    UNION ALL
    SELECT 'standby', r.application_name, r.usename::text, r.application_name, NULL, r.state, NULL, NULL, age(r.backend_xmin), false
      FROM pg_stat_replication r
     WHERE r.backend_xmin IS NOT NULL
     ORDER BY 9 DESC NULLS LAST
$$;

-- What says whether cleaning works at all: server settings, tables where it is switched off, dead rows of the hot tables, and how
-- many sessions this role can't see into.
CREATE OR REPLACE FUNCTION advisorjobs_cleaning_state(
    OUT autovacuum boolean, OUT track_counts boolean, OUT switched_off text[], OUT dead bigint, OUT worst text, OUT hidden integer)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    autovacuum := current_setting('autovacuum');
    track_counts := current_setting('track_counts');
    SELECT coalesce(array_agg(c.relname::text ORDER BY c.relname), '{}') INTO switched_off
      FROM pg_class c CROSS JOIN pg_options_to_table(c.reloptions) o
     WHERE c.relnamespace = (SELECT relnamespace FROM pg_class WHERE oid = 'procrastinate_jobs'::regclass)
       AND (c.relname LIKE 'procrastinate\_%' OR c.relname LIKE 'advisorjobs\_%' OR c.relname = 'practice_documents')
       AND o.option_name = 'autovacuum_enabled' AND o.option_value IN ('false', 'off', 'no', '0');
    SELECT s.n_dead_tup, s.relname INTO dead, worst FROM pg_stat_user_tables s
     WHERE s.schemaname = (SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'procrastinate_jobs'::regclass)
       AND s.relname IN ('procrastinate_jobs', 'advisorjobs_workers', 'advisorjobs_unique_keys', 'advisorjobs_queues',
                         'advisorjobs_grants', 'advisorjobs_keys')
     ORDER BY s.n_dead_tup DESC LIMIT 1;
    SELECT count(*) INTO hidden FROM pg_stat_activity WHERE query = '<insufficient privilege>';
END $$;
