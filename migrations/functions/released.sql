-- What workers of the version before call by another name or shape than this one's do. They go on while and after `migrate` runs, until
-- the last of them is replaced; so a function that a released program calls keeps its name, parameters and columns for one version
-- more. tests/upgrade/ runs that program's statements. Nothing of this version calls these.

-- The claim without traceparent, read by position. Not for reports with balances of accounts: their statement of before groups by a
-- primary key, which the view of the old name doesn't have (0095_practice_names.sql). They are set aside as jobs that the worker
-- doesn't know, for one of this version.
DO $$
BEGIN
    IF (SELECT 'traceparent' = ANY (proargnames) FROM pg_proc
         WHERE oid = to_regprocedure('advisorjobs_claim(bigint, uuid, text[], integer[], text[], boolean, text[], integer[])')) THEN
        DROP FUNCTION advisorjobs_claim(bigint, uuid, text[], integer[], text[], boolean, text[], integer[]);   -- of a version in between
    END IF;
END $$;
CREATE OR REPLACE FUNCTION advisorjobs_claim(
    _worker bigint, _token uuid, _queues text[], _free integer[], _names text[], _look_aside boolean,
    _cursors text[], _aged integer[])
RETURNS TABLE (
    id bigint, queue_name text, task_name text, priority integer, lock text, queueing_lock text, args jsonb,
    planned_at timestamptz, attempt integer, run_no integer, crashes integer, suspect boolean, organization_id text, tags text[],
    cursor text, start_within double precision, opens_in double precision, limited boolean, closed boolean, fair boolean)
LANGUAGE sql ROWS 100
SET search_path FROM CURRENT
AS $$
    SELECT c.id, c.queue_name, c.task_name, c.priority, c.lock, c.queueing_lock, c.args, c.planned_at, c.attempt, c.run_no, c.crashes,
           c.suspect, c.organization_id, c.tags, c.cursor, c.start_within, c.opens_in, c.limited, c.closed, c.fair
      FROM advisorjobs_claim_jobs(_worker, _token, _queues, _free, ARRAY(
               SELECT n FROM unnest(_names) AS n WHERE n NOT IN ('report:financial', 'report:client_overview', 'report:monthly')),
           _look_aside, _cursors, _aged) c
$$;
