SELECT * FROM advisorjobs_day_by_hour()
