-- Schedules that don't go on: no worker can make anything of them, or their time is past and no worker has looked.
SELECT s.key, nullif(s.organization_id, '') AS organization_id, s.broken, s.look_at
  FROM advisorjobs_schedules s
 WHERE s.broken IS NOT NULL AND s.paused_at IS NULL
    OR s.look_at < now() - interval '1 minute'
 ORDER BY s.broken IS NULL, s.look_at, s.key
 LIMIT 1000
