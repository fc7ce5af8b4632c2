-- What a claim asks about all rules of a queue at once, and an insert about all workers: without reading them all.

CREATE INDEX advisorjobs_organization_weights_idx ON advisorjobs_organization_rules (queue) WHERE weight IS NOT NULL;
CREATE INDEX advisorjobs_organization_limits_idx ON advisorjobs_organization_rules (queue, rate_window)
    WHERE rate IS NOT NULL OR running IS NOT NULL;
CREATE INDEX advisorjobs_organization_running_idx ON advisorjobs_organization_rules (queue) WHERE running IS NOT NULL;

-- A worker's beats change none of these columns, so they stay updates within the page (HOT).
CREATE INDEX advisorjobs_workers_waiting_idx ON advisorjobs_workers (id) WHERE waiting;
CREATE INDEX advisorjobs_workers_stopped_idx ON advisorjobs_workers (stopped_at);

-- Those of a lock that have not been put aside yet, without reading those that have.
CREATE INDEX advisorjobs_lock_ready_idx ON procrastinate_jobs (lock, id)
    WHERE lock IS NOT NULL AND status = 'todo' AND scheduled_at IS NULL AND parked IS NULL;
