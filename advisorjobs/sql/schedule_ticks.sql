SELECT t.tick, t.outcome::text AS outcome, t.asked_for, t.job_id, t.at, advisorjobs_outcome_of(t.job_id) AS status
  FROM advisorjobs_schedule_ticks t
  JOIN advisorjobs_schedules s ON s.id = t.schedule_id
 WHERE s.key = %(key)s::text AND s.organization_id = %(organization_id)s::text
 ORDER BY t.tick DESC
 LIMIT %(most)s::integer
