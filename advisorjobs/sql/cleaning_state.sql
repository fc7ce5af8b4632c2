SELECT * FROM advisorjobs_cleaning_state()
