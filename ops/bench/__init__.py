"""How fast AdvisorJobs is beside its peers: one machine, one run, in turns, empty jobs, logging off; ratios are what counts."""
