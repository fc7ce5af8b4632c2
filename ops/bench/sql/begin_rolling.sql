-- Nothing is rolled up from "since" on.
UPDATE advisorjobs_tally_state SET rolled_until = advisorjobs_grain_of(24, %(since)s)
