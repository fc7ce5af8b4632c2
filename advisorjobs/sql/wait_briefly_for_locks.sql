-- For this session: who waits for a table's lock holds up everybody that comes after.
SET lock_timeout = '300ms'
