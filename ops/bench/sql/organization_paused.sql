INSERT INTO advisorjobs_pauses (organization_id) VALUES ('a-00000')
