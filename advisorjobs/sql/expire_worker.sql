UPDATE advisorjobs_workers SET expires_at = clock_timestamp() - interval '1 second' WHERE id = %(worker)s RETURNING id
