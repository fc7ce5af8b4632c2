-- What SET search_path FROM CURRENT writes into our functions: the one schema, and a caller's temporary tables last, so that
-- none of them can stand in for one of ours (some functions run with their owner's rights).
SELECT set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true)
