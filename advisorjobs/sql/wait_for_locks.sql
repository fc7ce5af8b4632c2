-- For this session: who waits for a table's lock holds up everybody that comes after.
SELECT set_config('lock_timeout', %(span)s, false)
