-- A schema to build procrastinate's past releases in, for comparison: each step is committed, since before PostgreSQL 17 a
-- transaction can't use the values that it adds to an enum. One that a killed process left behind goes first.
DROP SCHEMA IF EXISTS advisorjobs_probe CASCADE;
CREATE SCHEMA advisorjobs_probe;
SET search_path TO advisorjobs_probe;
SET check_function_bodies TO off;
