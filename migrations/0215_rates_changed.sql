-- When what a queue's limits charge for a start was changed last: what was claimed before is not given back to them.
ALTER TABLE advisorjobs_queues ADD COLUMN rates_changed_at timestamptz;
