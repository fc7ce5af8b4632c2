-- The job of a number, or those that have a unique key, where all else holds that is asked for. Errors are of the last run, payloads of the
-- job or, where it has left, of its last run.
SELECT f.* FROM (
    SELECT * FROM advisorjobs_describe_jobs(ARRAY[%(id)s::bigint], NULL, NULL, false, 1) WHERE %(id)s::bigint IS NOT NULL
    UNION ALL
    SELECT * FROM advisorjobs_find_by_unique_key(%(unique_key)s::text, %(organization)s::text, %(name)s::text)
     WHERE %(id)s::bigint IS NULL AND %(unique_key)s::text IS NOT NULL) f
  LEFT JOIN LATERAL (SELECT p.args, p.unique_key FROM procrastinate_jobs p WHERE p.id = f.id LIMIT 1) j ON true
  LEFT JOIN LATERAL (
    SELECT r.input, r.fingerprint, r.error_message FROM advisorjobs_runs r WHERE r.job_id = f.id ORDER BY r.run_no DESC LIMIT 1) e ON true
 WHERE (%(organization)s::text IS NULL OR f.organization_id = %(organization)s)
   AND (%(name)s::text IS NULL OR f.name = %(name)s)
   AND (%(status)s::text IS NULL OR f.status = %(status)s)
   AND (%(queue)s::text IS NULL OR f.queue = %(queue)s)
   AND (%(tag)s::text IS NULL OR %(tag)s = ANY (f.tags))
   AND (%(id)s::bigint IS NULL OR %(unique_key)s::text IS NULL OR j.unique_key = %(unique_key)s)
   AND (%(payload_key)s::text IS NULL OR coalesce(j.args, e.input) ->> %(payload_key)s = %(payload_value)s)
   AND (%(error_code)s::text IS NULL OR f.error_code = %(error_code)s)
   AND (%(fingerprint)s::text IS NULL OR e.fingerprint = %(fingerprint)s)
   AND (%(error_text)s::text IS NULL OR strpos(lower(e.error_message), lower(%(error_text)s)) > 0)
   AND (%(since)s::timestamptz IS NULL OR coalesce(f.finished_at, f.queued_at) >= %(since)s)
   AND (%(until)s::timestamptz IS NULL OR coalesce(f.finished_at, f.queued_at) < %(until)s)
