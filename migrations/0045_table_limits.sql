-- What the queue table of the program that published last says, beside what is in force: reset_queue_limit goes back to it.
ALTER TABLE advisorjobs_queues
    ADD COLUMN table_rate integer,
    ADD COLUMN table_rate_window interval;
