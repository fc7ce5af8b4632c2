SELECT t.tick, t.outcome::text AS outcome, t.asked_for, t.job_id, t.at, advisorjobs_outcome_of(t.job_id) AS status
  FROM advisorjobs_schedule_ticks t
 WHERE t.schedule_id = %(id)s::bigint
 ORDER BY t.tick DESC
 LIMIT %(most)s::integer
