-- Lists of actions on many jobs: those of an organization's people, and those in one state, the newest first.
CREATE INDEX advisorjobs_actions_organization_idx ON advisorjobs_actions (organization_id, id) WHERE organization_id IS NOT NULL;
CREATE INDEX advisorjobs_actions_state_idx ON advisorjobs_actions (state, id);
