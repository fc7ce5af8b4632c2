-- Connections to this database by what they do, and of ours the statement that runs longest. Of its text only the first word is given.
SELECT (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend') AS connections,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'
           AND backend_type = 'client backend') AS active,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%%') AS idle_in_transaction,
       (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS all_connections,
       current_setting('max_connections')::integer - current_setting('superuser_reserved_connections')::integer AS allowed,
       pg_database_size(current_database()) AS database_bytes, current_setting('server_version') AS server_version,
       pg_postmaster_start_time() AS server_started_at,
       q.pid, q.application, q.doing, q.seconds, q.wait_event
  FROM (SELECT) one
  LEFT JOIN LATERAL (
    SELECT a.pid, a.application_name AS application, upper(substring(a.query FROM '^\s*([A-Za-z]+)')) AS doing,
           extract(epoch FROM clock_timestamp() - a.query_start)::double precision AS seconds, a.wait_event
      FROM pg_stat_activity a
     WHERE a.datname = current_database() AND a.state = 'active' AND a.pid <> pg_backend_pid() AND a.application_name LIKE 'advisorjobs%%'
     ORDER BY a.query_start LIMIT 1) q ON true
