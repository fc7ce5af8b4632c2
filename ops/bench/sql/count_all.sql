-- The figures of all queues, of the jobs that are there and of history.
SELECT advisorjobs_recount(), advisorjobs_fold_counts()
