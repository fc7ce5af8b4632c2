-- Waking idle workers.
--
-- pg_notify takes a lock at commit that serialises every committing transaction of the server, so it is called only when an
-- idle worker says that it waits (advisorjobs_workers.waiting): a busy system sends no NOTIFY at all. The payload is one of
-- two constants, which Postgres folds within a transaction; whatever else arrives on the channel is ignored. An insert that
-- read `waiting` just before a worker went idle is found by that worker's polling, which starts at a few milliseconds.
CREATE OR REPLACE FUNCTION advisorjobs_wake() RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM advisorjobs_workers WHERE waiting) THEN
        PERFORM pg_notify('advisorjobs', 'work');
    END IF;
END $$;

CREATE OR REPLACE FUNCTION advisorjobs_wake_on_insert() RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT SET enable_seqscan = off AS $$
BEGIN
    IF EXISTS (SELECT FROM advisorjobs_workers WHERE waiting) THEN
        PERFORM pg_notify('advisorjobs', 'work');
    END IF;
    RETURN NULL;
END $$;

-- Row triggers that write an event and notify per row: history and wake-up are ours. A later procrastinate migration that
-- creates them again is undone here.
DROP TRIGGER IF EXISTS procrastinate_jobs_notify_queue_job_inserted_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_jobs_notify_queue_job_aborted_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_trigger_status_events_update_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_trigger_status_events_insert_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_trigger_scheduled_events_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_trigger_abort_requested_events_v1 ON procrastinate_jobs;
DROP TRIGGER IF EXISTS procrastinate_trigger_delete_jobs_v1 ON procrastinate_jobs;

-- Made only where it isn't so already, in PostgreSQL's own words: to make it waits for every transaction that has enqueued.
DO $$
DECLARE
    _wanted constant text := 'CREATE TRIGGER advisorjobs_wake_on_insert AFTER INSERT ON procrastinate_jobs'
        ' FOR EACH STATEMENT EXECUTE FUNCTION advisorjobs_wake_on_insert()';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'procrastinate_jobs'::regclass AND tgname = 'advisorjobs_wake_on_insert'
                                            AND tgenabled = 'O' AND pg_get_triggerdef(oid, true) = _wanted) THEN
        DROP TRIGGER IF EXISTS advisorjobs_wake_on_insert ON procrastinate_jobs;
        EXECUTE _wanted;
    END IF;
END $$;
