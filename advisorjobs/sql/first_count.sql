SELECT advisorjobs_first_count()
