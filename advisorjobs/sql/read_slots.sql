-- Replication slots: whether somebody reads them, and how much log is kept for them.
SELECT s.slot_name::text AS name, s.slot_type AS kind, s.active, s.database::text AS database,
       CASE WHEN pg_is_in_recovery() THEN NULL ELSE pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) END::bigint AS kept_bytes
  FROM pg_replication_slots s ORDER BY s.slot_name LIMIT 100
