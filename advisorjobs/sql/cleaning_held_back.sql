SELECT * FROM advisorjobs_cleaning_held_back()
