-- For one session: it waits for a lock no longer than that, rests while it vacuums, and ends before its job's time limit does.
SELECT set_config('lock_timeout', %(patience_ms)s::text, false), set_config('vacuum_cost_delay', '2ms', false),
       set_config('statement_timeout', %(limit_ms)s::text, false)
