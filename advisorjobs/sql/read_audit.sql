SELECT id, at, by, role, via, database_user, action, subject_kind, subject, organization_id, why, before, after, count, undoes,
       undone_by, part_of, CASE WHEN cardinality(job_ids) <= 20 THEN job_ids END AS job_ids
  FROM advisorjobs_audit_page(
           %(at)s::timestamptz, %(id)s::bigint, %(since)s::timestamptz, %(until)s::timestamptz, %(by)s::text, %(action)s::text,
           %(subject_kind)s::text, %(subject)s::text, %(organization_id)s::text, %(most)s::integer)
