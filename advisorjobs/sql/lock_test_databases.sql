SELECT pg_advisory_lock(hashtextextended('advisorjobs test databases', 0))
