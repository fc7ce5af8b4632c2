SELECT * FROM advisorjobs_worker_statistics()
