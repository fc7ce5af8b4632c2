SELECT id, at, by, role, via, database_user, action, subject_kind, subject, organization_id, why, before, after, count, undoes,
       undone_by, part_of, CASE WHEN cardinality(job_ids) <= 20 THEN job_ids END AS job_ids
  FROM advisorjobs_job_audit(%(job_id)s::bigint, %(most)s::integer)
 WHERE %(own)s::text IS NULL OR organization_id = %(own)s::text
