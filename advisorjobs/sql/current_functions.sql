-- What is known of migrations/functions/ here: the checksums ever applied, and the definitions right after the last time.
SELECT array_agg(checksum), (array_agg(definitions ORDER BY applied_at DESC))[1] FROM advisorjobs_functions
