-- Cancels what still waits or runs for these organizations, and what has this tag.
SELECT count(*) FILTER (WHERE advisorjobs_cancel(j.id)) AS cancelled
  FROM procrastinate_jobs j
 WHERE j.status IN ('todo', 'doing') AND (j.organization_id = ANY (%(organizations)s::text[]) OR j.tags @> ARRAY[%(tag)s::text])
