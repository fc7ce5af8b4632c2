-- The queues of which jobs have ended, or may have.
SELECT queue_name AS queue FROM advisorjobs_counts UNION SELECT queue_name FROM advisorjobs_count_changes ORDER BY 1
