-- Of each queue in which jobs wait, since when it waits that waits longest of the jobs next in line: see functions/counts.sql.
SELECT k.queue_name AS queue, advisorjobs_oldest_waiting(k.queue_name) AS since
  FROM advisorjobs_kept_counts k WHERE k.waiting > 0
