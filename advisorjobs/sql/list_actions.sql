SELECT a.id,
       CASE WHEN a.state = 'running' AND NOT EXISTS (
                SELECT FROM procrastinate_jobs j WHERE j.id = a.job_id AND j.status IN ('todo', 'doing'))
            THEN 'stalled' ELSE a.state END AS state,
       a.action, (a.arguments ->> 'priority')::integer AS priority, (a.arguments ->> 'action')::bigint AS undoes,
       cardinality(a.job_ids) AS selected, a.filter ->> 'queue' AS queue, a.filter ->> 'name' AS name,
       a.filter ->> 'organization_id' AS of_organization,
       a.sought IS NOT NULL OR a.filter - '{queue,name,organization_id}'::text[] <> '{}' AS narrowed, a.actor ->> 'by' AS by, a.actor ->> 'via' AS via,
       a.actor ->> 'why' AS why, a.organization_id, a.expected, a.expected_more,
       CASE WHEN %(own)s::text IS NULL AND a.filter IS NOT NULL AND a.newest >= a.first AND a.action <> 'clean'
            THEN round(greatest(0, least(1, (a.place - a.first + 1)::numeric / (a.newest - a.first + 1))), 3)::float8 END AS share, a.done, a.refused, a.proposed_at,
       a.confirmed_at, a.ended_at, a.job_id
  FROM advisorjobs_actions_page(%(own)s::text, %(state)s::text, %(before)s::bigint, %(most)s::integer) a
 ORDER BY a.id DESC
