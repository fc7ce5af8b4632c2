SELECT advisorjobs_revive_lines()
