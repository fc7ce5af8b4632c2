SELECT advisorjobs_fold_tallies(2000)
