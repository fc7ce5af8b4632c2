-- The span that queued a job, alive or ended, where it was traced; organization: null, or whose job it must be.
SELECT traceparent FROM (
    SELECT j.traceparent, j.organization_id FROM procrastinate_jobs j WHERE j.id = %(job)s
    UNION ALL
    (SELECT r.traceparent, r.organization_id FROM advisorjobs_runs r WHERE r.job_id = %(job)s ORDER BY r.run_no DESC LIMIT 1)) found
 WHERE traceparent IS NOT NULL AND (%(organization)s::text IS NULL OR organization_id = %(organization)s)
 LIMIT 1
