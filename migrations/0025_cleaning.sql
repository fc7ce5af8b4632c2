-- Up to when ended jobs were cleaned away: out of lists, counts and results. The history of their runs stays (job_executions),
-- so cleaning a million jobs is one row here; only failed jobs, which are still in the table, are deleted there.

CREATE TABLE advisorjobs_cleaned (
    queue_name text NOT NULL,               -- '*': all queues
    status text NOT NULL CHECK (status IN ('completed', 'failed', 'cancelled', 'aborted')),  -- aborted: while it ran
    before timestamptz NOT NULL,            -- jobs that ended earlier are cleaned
    PRIMARY KEY (queue_name, status)
);
