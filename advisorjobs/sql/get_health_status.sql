SELECT * FROM advisorjobs_health()
