-- Whose jobs wait most in a queue: found by a sample, counted up to a bound. See functions/inspector.sql.
SELECT s.organization_id, s.seen, s.part, CASE WHEN s.part < 1 THEN advisorjobs_ready_of(s.organization_id, %(queue)s::text, %(bound)s::int + 1) END
       AS ready, sum(s.seen) OVER () AS seen_in_all
  FROM (SELECT * FROM advisorjobs_waiting_sample(%(queue)s::text, %(pages)s::int) LIMIT %(most)s) s
 ORDER BY s.seen DESC, s.organization_id
