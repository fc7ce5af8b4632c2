-- By the names of the columns, in the order of engine/claimed.py and engine/visit.py: a later version may return more.
SELECT id, queue_name, task_name, priority, lock, queueing_lock, args, planned_at, attempt, run_no, crashes, suspect, organization_id, tags,
       traceparent, cursor, start_within, opens_in, limited, closed, fair
  FROM advisorjobs_claim_jobs(
    %(worker)s::bigint, %(token)s::uuid, %(queues)s::text[], %(free)s::int[], %(names)s::text[], %(look_aside)s::boolean,
    %(cursors)s::text[], %(aged)s::int[])
