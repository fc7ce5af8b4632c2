-- Which organizations use most, today and yesterday (UTC): by the time that their runs took together (20 rows; psql -v most=100). share: of
-- all organizations' time; one with much of it and short waits is served, not in the way: turns are fair. A low success_rate of one
-- alone is its data or account, see failing.sql; a high wait_p95_ms of one alone its limit or pause.
\if :{?most} \else \set most 20 \endif
SELECT s.organization_id, s.runs, s.completed, s.failed, round(s.success_rate::numeric, 3) AS success_rate,
       round((s.runs * s.run_mean_ms / 1000)::numeric, 1) AS total_s,
       round((s.runs * s.run_mean_ms / nullif(sum(s.runs * s.run_mean_ms) OVER (), 0))::numeric, 3) AS share, s.run_p95_ms::bigint,
       s.wait_p95_ms::bigint
  FROM organization_stats s
 ORDER BY total_s DESC NULLS LAST, s.organization_id LIMIT :most;
