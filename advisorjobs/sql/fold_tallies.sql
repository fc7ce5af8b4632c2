SELECT advisorjobs_fold_tallies()
