INSERT INTO advisorjobs_organization_rules (organization_id, running) VALUES ('a-00000', 1)
