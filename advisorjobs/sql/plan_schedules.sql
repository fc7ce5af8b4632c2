-- New schedules were put at the database's time: they count from the test's, so much ahead, once they are planned.
WITH planned AS (
    UPDATE advisorjobs_schedules SET planned_from = planned_from + %(ahead)s::interval
     WHERE next_at IS NULL AND look_at IS NOT NULL AND (periodic_id IS NULL OR key = ANY (%(periodic)s::text[])))
SELECT clock_timestamp() AS now
