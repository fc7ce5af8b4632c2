SELECT s.id, s.version, s.organization_id, s.key, s.cron, s.every, s.time_zone, s.start_at, s.end_at,
       s.run_limit - s.runs AS left, s.jitter, s.missed::text AS missed, s.missed_cap, s.give_up_after, s.next_at, s.planned_from,
       coalesce(%(now)s::timestamptz, now()) AS now
  FROM advisorjobs_due_schedules(coalesce(%(now)s::timestamptz, now()), %(periodic)s::text[], %(most)s::integer) s
