-- patience: how long to wait for each lock that somebody else holds, such as '300ms'; null: as the session says.
SELECT advisorjobs_complete(
    %(ids)s::bigint[], %(run_nos)s::int[], %(tokens)s::uuid[], %(run_ms)s::int[], %(results)s::text[], %(locks)s::text[])
  FROM set_config('lock_timeout', coalesce(%(patience)s::text, current_setting('lock_timeout')), true)
