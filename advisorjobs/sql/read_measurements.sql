SELECT * FROM advisorjobs_measurements()
