-- Functions of ours and procrastinate's, and the triggers on its tables, as they stand: name -> md5 of what they do.
-- Of a trigger its parts count, not its text, which another major version of PostgreSQL may print differently.
SELECT coalesce(jsonb_object_agg(name, md5(definition)), '{}') FROM (
    SELECT format('function %s(%s)', proname, pg_get_function_identity_arguments(oid)) AS name, prosrc AS definition
      FROM pg_proc
     WHERE pronamespace = current_schema()::regnamespace AND proname ~ '^(procrastinate|advisorjobs)_'
    UNION ALL
    SELECT format('trigger %s on %s', tgname, relname), format('%s %s %s', tgtype, tgenabled, proname)
      FROM pg_trigger
      JOIN pg_class ON pg_class.oid = tgrelid
      JOIN pg_proc ON pg_proc.oid = tgfoid
     WHERE relnamespace = current_schema()::regnamespace AND relname ~ '^procrastinate_' AND NOT tgisinternal
) definitions
