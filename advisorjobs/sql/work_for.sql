-- From here to the transaction's end: which organization's rows are seen.
SELECT set_config('advisorjobs.organization', %(organization)s, true)
