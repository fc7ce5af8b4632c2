-- Keys of jobs that were deleted by hand: a job that ends takes its key along, or gives it free_at, in the same transaction.
WITH free AS MATERIALIZED (
    SELECT k.organization_id, k.job_name, k.key FROM advisorjobs_unique_keys k
     WHERE k.free_at IS NULL AND NOT EXISTS (SELECT FROM procrastinate_jobs j WHERE j.id = k.job_id)
     ORDER BY k.organization_id, k.job_name, k.key LIMIT %(most)s FOR UPDATE OF k SKIP LOCKED),
gone AS (
    DELETE FROM advisorjobs_unique_keys k USING free f
     WHERE k.organization_id = f.organization_id AND k.job_name = f.job_name AND k.key = f.key
    RETURNING 1)
SELECT count(*) FROM gone
