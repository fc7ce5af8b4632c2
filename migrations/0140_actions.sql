-- What people did: the audit log; and what they do to many jobs at once: functions/audit.sql, functions/bulk_actions.sql.

-- One row for each change that people make, written by the functions that make it, in their transaction.
CREATE TABLE advisorjobs_audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    by text NOT NULL,                           -- who, as they signed in or said; else the database's user
    role text,                                  -- of the dashboard: viewer, operator or admin
    via text NOT NULL CHECK (via IN ('dashboard', 'api', 'command', 'python', 'sql')),
    database_user text NOT NULL DEFAULT session_user,
    action text NOT NULL,
    subject_kind text NOT NULL,                 -- job, jobs, queue, organization, key, schedule, person …
    subject text NOT NULL,                      -- its number or name
    organization_id text,                       -- whose it is, where it is one organization's
    job_ids bigint[],                           -- of a step that changed several
    why text,
    before jsonb,                               -- what differs, without values of payloads
    after jsonb,
    count bigint,                               -- how many jobs were changed
    undoes bigint,                              -- the row that this one takes back
    undone_by bigint,                           -- the row that took this one back
    part_of bigint                              -- the action on many jobs of which this was a step
);
CREATE INDEX advisorjobs_audit_at_idx ON advisorjobs_audit (at, id) WHERE part_of IS NULL;
CREATE INDEX advisorjobs_audit_subject_idx ON advisorjobs_audit (subject_kind, subject, at, id) WHERE part_of IS NULL;
CREATE INDEX advisorjobs_audit_by_idx ON advisorjobs_audit (by, at, id) WHERE part_of IS NULL;
CREATE INDEX advisorjobs_audit_action_idx ON advisorjobs_audit (action, at, id) WHERE part_of IS NULL;
CREATE INDEX advisorjobs_audit_organization_idx ON advisorjobs_audit (organization_id, at, id)
    WHERE part_of IS NULL AND organization_id IS NOT NULL;
CREATE INDEX advisorjobs_audit_jobs_idx ON advisorjobs_audit USING gin (job_ids) WHERE job_ids IS NOT NULL;
CREATE INDEX advisorjobs_audit_part_idx ON advisorjobs_audit (part_of, id) WHERE part_of IS NOT NULL;

-- An action on many jobs: looked at first (proposed), then carried out in steps by the job maintenance:bulk_action.
CREATE TABLE advisorjobs_actions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'running', 'done', 'cancelled')),
    action text NOT NULL CHECK (action IN ('retry', 'cancel', 'promote', 'priority', 'clean', 'undo')),
    arguments jsonb NOT NULL DEFAULT '{}',      -- {"priority": 1 to 9}; undo: {"action": the number of the other}
    filter jsonb,                               -- as functions/bulk_actions.sql reads it; clean: {"queue", "state", "before"}
    job_ids bigint[],                           -- a selection instead of a filter
    actor jsonb NOT NULL,                       -- who: see advisorjobs_act()
    organization_id text,                       -- whose jobs alone it may change; NULL: all
    expected bigint NOT NULL,                   -- how many there were to change when it was proposed
    expected_more boolean NOT NULL,             -- at least so many
    proposed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    confirmed_at timestamptz,                   -- what came later is not changed
    newest bigint,                              -- the last number that a job had then
    job_id bigint,                              -- that carries it out
    place bigint NOT NULL DEFAULT 0,            -- up to where it has come
    done bigint NOT NULL DEFAULT 0,
    refused bigint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    CHECK ((filter IS NULL) <> (job_ids IS NULL) OR action = 'undo'),
    CHECK (state = 'proposed' OR confirmed_at IS NOT NULL)
) WITH (fillfactor = 50);

-- What could not be done, and why: the first thousand of each action.
CREATE TABLE advisorjobs_action_refusals (
    action_id bigint NOT NULL REFERENCES advisorjobs_actions ON DELETE CASCADE,
    job_id bigint NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (action_id, job_id)
);
