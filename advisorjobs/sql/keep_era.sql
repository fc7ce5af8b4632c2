SELECT advisorjobs_keep_era()
