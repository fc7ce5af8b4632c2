SELECT advisorjobs_clean_history(%(queue)s::text, '{completed,cancelled,aborted}', %(before)s)
