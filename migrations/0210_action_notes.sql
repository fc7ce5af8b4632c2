-- Who an action is told to, and how much of it the audit log has.

-- proposer: who looked at an action's jobs, as {"via", "by", "organization_id"}. actor is whoever agrees, later; what a search looks for in
-- payloads and errors is told to who typed it alone. noted: how many of the jobs that a cleaning took away the audit log has.
ALTER TABLE advisorjobs_actions
    ADD COLUMN proposer jsonb,
    ADD COLUMN noted bigint NOT NULL DEFAULT 0;
UPDATE advisorjobs_actions SET proposer = jsonb_strip_nulls(jsonb_build_object(
       'via', actor -> 'via', 'by', actor -> 'by', 'organization_id', actor -> 'organization_id'))
 WHERE state = 'proposed' AND sought IS NOT NULL;
