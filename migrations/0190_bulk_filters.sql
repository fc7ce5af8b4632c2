-- Actions on many jobs by any condition of the search: see functions/bulk_filters.sql.

-- What payloads and errors must say, which may be a client's: kept apart from filter, which everybody may read, and only until the action
-- ends. looked: how many jobs the look before went through, where it did not come to the end (expected_more). first: the lowest number
-- that a living job had when it was agreed to.
ALTER TABLE advisorjobs_actions
    ADD COLUMN sought jsonb,
    ADD COLUMN looked bigint,
    ADD COLUMN first bigint;
