-- Minutes that no page shows any more.
DELETE FROM advisorjobs_minutes WHERE minute < now() - interval '25 hours'
