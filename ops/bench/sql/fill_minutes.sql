-- The minutes of the last day, of what ended in them.
INSERT INTO advisorjobs_minutes (queue_name, minute, completed, failed, cancelled, waiting)
SELECT queue_name, advisorjobs_minute_of(finished_at), count(*) FILTER (WHERE status = 'completed'),
       count(*) FILTER (WHERE final AND status = 'failed'), 0, 1000
  FROM advisorjobs_runs WHERE finished_at > now() - interval '1 day' GROUP BY 1, 2
    ON CONFLICT DO NOTHING
