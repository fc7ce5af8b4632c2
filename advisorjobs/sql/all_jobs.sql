SELECT g.*, clock_timestamp() AS now FROM advisorjobs_jobs j CROSS JOIN LATERAL get_job(j.id) g ORDER BY j.id
