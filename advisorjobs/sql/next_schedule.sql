-- In how many seconds a schedule must be looked at; NULL: there is none.
SELECT extract(epoch FROM (
    SELECT s.look_at FROM advisorjobs_schedules s
     WHERE s.look_at IS NOT NULL AND (s.periodic_id IS NULL OR s.key = ANY (%(periodic)s::text[]))
     ORDER BY s.look_at LIMIT 1) - clock_timestamp())::double precision AS seconds
