INSERT INTO advisorjobs_pauses (queue) VALUES ('critical')
