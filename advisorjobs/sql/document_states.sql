-- Where the pipeline of each of these documents is: one row per document and job so far. A job is in the table of living jobs
-- or in history, and what it is queued for is queued in the transaction that ends it: in one snapshot, a document without a
-- living job is through.
SELECT d.id AS document_id, step.name, step.job_id,
       CASE WHEN j.status = 'doing' THEN 'running'
            WHEN j.status = 'todo' AND j.run_no > 0 THEN 'retrying'
            WHEN j.status = 'todo' THEN 'waiting'
            WHEN j.status = 'failed' THEN 'failed'
            ELSE coalesce(r.status::text, 'cancelled') END AS state,
       coalesce(j.started_at, r.started_at) AS started_at, r.finished_at, r.run_ms,
       r.error_code::text AS error_code, r.error_message, r.result, j.progress,
       extract(epoch FROM clock_timestamp() - d.created_at)::double precision AS age
  FROM practice_documents d
 CROSS JOIN LATERAL (SELECT key AS name, value::bigint AS job_id FROM jsonb_each_text(d.jobs)) step
  LEFT JOIN procrastinate_jobs j ON j.id = step.job_id
  LEFT JOIN LATERAL (
        SELECT * FROM advisorjobs_runs r WHERE r.job_id = step.job_id ORDER BY r.run_no DESC LIMIT 1) r ON true
 WHERE d.organization_id = %(organization)s AND d.id = ANY (%(documents)s::text[])
 ORDER BY d.id, step.job_id
