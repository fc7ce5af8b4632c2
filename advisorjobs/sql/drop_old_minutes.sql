-- Minutes that no page shows any more; how many.
WITH gone AS (
    DELETE FROM advisorjobs_minutes WHERE minute < now() - interval '25 hours' RETURNING 1)
SELECT count(*) FROM gone
