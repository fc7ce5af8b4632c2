-- The job of a number, or those that have a unique key, where they are of the organization, name, queue and status that are asked for.
SELECT f.* FROM (
    SELECT * FROM advisorjobs_describe_jobs(ARRAY[%(id)s::bigint], NULL, NULL, false, 1) WHERE %(id)s::bigint IS NOT NULL
    UNION ALL
    SELECT * FROM advisorjobs_find_by_unique_key(%(unique_key)s::text, %(organization)s::text, %(name)s::text)
     WHERE %(id)s::bigint IS NULL AND %(unique_key)s::text IS NOT NULL) f
 WHERE (%(organization)s::text IS NULL OR f.organization_id = %(organization)s)
   AND (%(name)s::text IS NULL OR f.name = %(name)s)
   AND (%(status)s::text IS NULL OR f.status = %(status)s)
   AND (%(queue)s::text IS NULL OR f.queue = %(queue)s)
