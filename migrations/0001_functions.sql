-- What migrations/functions/ was when it was applied: one row for each state of those files that this database has seen,
-- so that a program can tell "never applied here" (refuse to start) from "superseded by a newer program" (start).

CREATE TABLE advisorjobs_functions (
    checksum text PRIMARY KEY,                          -- of the files
    definitions jsonb NOT NULL,                         -- functions and triggers as they stood right after: name -> md5
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
