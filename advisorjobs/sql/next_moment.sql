-- Seconds until a job of these queues, or one behind a key, may start by itself; NULL where none will.
SELECT extract(epoch FROM least(
    (SELECT min(scheduled_at) FROM procrastinate_jobs WHERE status = 'todo' AND queue_name = ANY (%(queues)s)),
    (SELECT min(wake_at) FROM advisorjobs_keys)) - clock_timestamp())::float AS seconds
