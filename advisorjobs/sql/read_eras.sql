-- The present era of the ready index, and those that are over (migrations/0060_vacuum.sql).
SELECT pg_sequence_last_value('advisorjobs_eras')::integer AS era, count(*) AS past, min(p.ended_at) AS oldest_ended_at
  FROM advisorjobs_past_eras p
