-- The jobs from number `first` on that are of these organizations or have these numbers, living and ended.
SELECT id, queue, name, organization_id, status, run_no, error_code, error_message, result, started_at, finished_at,
       (extract(epoch FROM finished_at - started_at) * 1000)::bigint AS run_ms
  FROM advisorjobs_jobs
 WHERE id >= %(first)s AND (organization_id = ANY (%(organizations)s::text[]) OR id = ANY (%(numbers)s::bigint[]))
 ORDER BY id
