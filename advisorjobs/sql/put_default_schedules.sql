-- A default is put once in a database's life, unless somebody has a schedule of that key already; restore: in any case.
WITH given AS MATERIALIZED (
    SELECT s.schedule, s.schedule ->> 'key' AS key FROM jsonb_array_elements(%(schedules)s::jsonb) AS s(schedule)),
first AS (
    INSERT INTO advisorjobs_default_schedules (key) SELECT key FROM given ORDER BY key
        ON CONFLICT (key) DO NOTHING RETURNING key),
wanted AS MATERIALIZED (
    SELECT g.key, g.schedule FROM given g LEFT JOIN first f ON f.key = g.key
     WHERE %(restore)s OR f.key IS NOT NULL AND NOT EXISTS (
           SELECT FROM advisorjobs_schedules s
            WHERE s.organization_id = g.schedule ->> 'organization_id' AND s.key = g.key)
     ORDER BY g.key)
SELECT w.key, advisorjobs_put_schedule(w.schedule) AS outcome FROM wanted w
