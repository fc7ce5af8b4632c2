-- Each row has the counts of all workers too: those that fell silent, and those that were told to stop and live yet.
SELECT h.*, w.silent, w.stopping
  FROM advisorjobs_health() h
 CROSS JOIN (SELECT count(*) FILTER (WHERE expires_at <= clock_timestamp()) AS silent,
                    count(*) FILTER (WHERE expires_at > clock_timestamp() AND stopping) AS stopping
               FROM advisorjobs_workers WHERE stopped_at IS NULL) w
