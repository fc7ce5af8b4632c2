-- Where objects would be made, whether the migration tool was here, and whether procrastinate was.
SELECT current_schema(), to_regclass('advisorjobs_migrations') IS NOT NULL, to_regclass('procrastinate_jobs') IS NOT NULL
