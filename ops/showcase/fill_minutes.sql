-- What the last day's history would have left, minute by minute.
INSERT INTO advisorjobs_minutes (queue_name, minute, completed, failed, cancelled)
SELECT queue_name, date_trunc('minute', finished_at), count(*) FILTER (WHERE status = 'completed'), count(*) FILTER (WHERE status = 'failed'), 0
  FROM advisorjobs_runs WHERE finished_at > now() - interval '25 hours' GROUP BY 1, 2
    ON CONFLICT (queue_name, minute) DO NOTHING
