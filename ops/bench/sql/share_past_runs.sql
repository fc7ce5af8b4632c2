-- The shares that folding would have made of a span of history, of all organizations.
INSERT INTO advisorjobs_shares (grain, since, organization_id, completed, failed, runs, time_ms)
SELECT 1, advisorjobs_grain_of(1, finished_at), organization_id, count(*) FILTER (WHERE status = 'completed'),
       count(*) FILTER (WHERE final AND status = 'failed'), count(*), sum(run_ms)
  FROM advisorjobs_runs WHERE finished_at >= %(since)s AND finished_at < %(until)s GROUP BY 2, 3
