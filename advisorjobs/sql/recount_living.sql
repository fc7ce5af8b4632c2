SELECT advisorjobs_recount_living()
