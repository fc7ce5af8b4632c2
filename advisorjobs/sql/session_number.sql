-- The server process that carried this statement out: another than the connection's own where a pooler stands between.
SELECT pg_backend_pid() AS pid
