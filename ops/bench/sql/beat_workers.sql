-- The heartbeats of a second: each worker has one in five.
UPDATE advisorjobs_workers SET beat_at = now() WHERE id %% 5 = %(second)s %% 5
