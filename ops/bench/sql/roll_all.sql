-- The quarters, days and weeks of hours that are tallied, from "since" on up to the present quarter.
DO $$
DECLARE
    _quarter timestamptz;
BEGIN
    SELECT rolled_until INTO _quarter FROM advisorjobs_tally_state;
    WHILE _quarter < advisorjobs_grain_of(6, now()) AND EXISTS (
        SELECT FROM advisorjobs_tallies t
         WHERE t.organization_id = '' AND t.whole AND t.grain = 1 AND t.since >= _quarter + interval '6 hours') LOOP
        _quarter := advisorjobs_roll(_quarter);
    END LOOP;
END $$
