-- Keys whose time after their job's end is over for so long. One that is taken again meanwhile has another free_at, and stays.
WITH free AS MATERIALIZED (
    SELECT organization_id, job_name, key FROM advisorjobs_unique_keys
     WHERE free_at <= now() - make_interval(mins => %(minutes)s)
     ORDER BY organization_id, job_name, key LIMIT %(most)s FOR UPDATE SKIP LOCKED),
gone AS (
    DELETE FROM advisorjobs_unique_keys k USING free f
     WHERE k.organization_id = f.organization_id AND k.job_name = f.job_name AND k.key = f.key
    RETURNING 1)
SELECT count(*) FROM gone
