-- A schema to build procrastinate's past releases in, for comparison. The transaction around it is rolled back.
CREATE SCHEMA advisorjobs_probe;
SET LOCAL search_path TO advisorjobs_probe;
SET LOCAL check_function_bodies = off;
