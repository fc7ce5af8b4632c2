SELECT advisorjobs_gather_eras()
