SELECT advisorjobs_fold_counts()
