SELECT advisorjobs_rescue(1000)
