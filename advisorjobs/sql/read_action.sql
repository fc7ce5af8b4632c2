SELECT a.id,
       CASE WHEN a.state = 'running' AND NOT EXISTS (
                SELECT FROM procrastinate_jobs j WHERE j.id = a.job_id AND j.status IN ('todo', 'doing'))
            THEN 'stalled' ELSE a.state END AS state,
       a.state = 'running' AND EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = a.job_id AND j.status = 'todo') AS waits,
       a.action, (a.arguments ->> 'priority')::integer AS priority, (a.arguments ->> 'action')::bigint AS undoes,
       CASE WHEN a.sought IS NOT NULL AND a.proposer = %(asking)s::jsonb THEN advisorjobs_told_filter(a.filter, a.sought) ELSE a.filter
       END AS filter,
       cardinality(a.job_ids) AS selected, a.actor ->> 'by' AS by, a.actor ->> 'via' AS via, a.actor ->> 'why' AS why, a.organization_id,
       a.expected, a.expected_more,
       CASE WHEN %(own)s::text IS NULL THEN a.looked END AS looked, a.proposed_at, a.confirmed_at, a.ended_at, a.job_id, a.done, a.refused,
       CASE WHEN %(own)s::text IS NULL AND a.filter IS NOT NULL AND a.newest >= a.first AND a.action <> 'clean'
            THEN round(greatest(0, least(1, (a.place - a.first + 1)::numeric / (a.newest - a.first + 1))), 3)::float8 END AS share, n.id AS audit_id, n.undone_by
  FROM advisorjobs_actions a
  LEFT JOIN LATERAL (
    SELECT e.id, e.undone_by FROM advisorjobs_audit e
     WHERE e.subject_kind = 'action' AND e.subject = a.id::text AND e.action = a.action AND e.part_of IS NULL
     ORDER BY e.at, e.id LIMIT 1) n ON true
 WHERE a.id = %(id)s::bigint AND (%(own)s::text IS NULL OR a.organization_id = %(own)s::text)
