-- Whose jobs wait most in a queue: found by a sample, counted up to a bound. See functions/inspector.sql.
WITH sampled AS MATERIALIZED (
    SELECT s.*, sum(s.seen) OVER () AS seen_in_all FROM advisorjobs_waiting_sample(%(queue)s::text, %(pages)s::int) s
     ORDER BY s.seen DESC, s.organization_id LIMIT %(most)s)
SELECT s.organization_id, s.seen, s.part, r.jobs AS ready, s.seen_in_all
  FROM sampled s
  LEFT JOIN advisorjobs_ready_of(
    ARRAY(SELECT x.organization_id FROM sampled x WHERE x.part < 1), %(queue)s::text, %(bound)s::int + 1) r USING (organization_id)
 ORDER BY s.seen DESC, s.organization_id
