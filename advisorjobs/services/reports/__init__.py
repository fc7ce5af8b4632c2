"""Reports: one model of each, and its three forms: PDF, Excel and CSV."""
