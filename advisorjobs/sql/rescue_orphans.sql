SELECT advisorjobs_rescue_orphans()
