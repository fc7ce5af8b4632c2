SELECT advisorjobs_fold()
