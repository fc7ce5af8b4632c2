SELECT advisorjobs_next_due()
