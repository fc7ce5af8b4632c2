-- patience: see complete_runs.sql
SELECT advisorjobs_settle(%(runs)s::jsonb)
  FROM set_config('lock_timeout', coalesce(%(patience)s::text, current_setting('lock_timeout')), true)
