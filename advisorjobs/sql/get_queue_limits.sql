-- What is in force for each queue that the database knows, or for one, known or not.
SELECT n.name AS queue, q.rate, q.rate_window, q.running, q.organization_rate, q.organization_rate_window,
       q.organization_running, coalesce(q.fair, true) AS fair, q.changed_at, q.changed_by, q.changed_why,
       CASE WHEN q.closed_until > now() THEN q.closed_until END AS closed_until, p.since, p.until, p.reason, p.paused_by
  FROM (SELECT name FROM advisorjobs_queues UNION SELECT queue FROM job_types
        UNION SELECT queue FROM advisorjobs_pauses WHERE queue <> ''
        UNION SELECT %(queue)s::text WHERE %(queue)s::text IS NOT NULL) n
  LEFT JOIN advisorjobs_queues q USING (name)
  LEFT JOIN advisorjobs_pauses p ON p.queue = n.name AND p.organization_id = '' AND (p.until IS NULL OR p.until > now())
 WHERE %(queue)s::text IS NULL OR n.name = %(queue)s
