-- A mail's files: documents and reports of its organization, whichever has the id.
SELECT id, file_name, storage_key, media_type, size_bytes, sha256, scan FROM practice_documents
 WHERE organization_id = %(organization)s AND id = ANY (%(ids)s::text[])
UNION ALL
SELECT id, file_name, storage_key,
       CASE format WHEN 'pdf' THEN 'application/pdf' WHEN 'csv' THEN 'text/csv'
                   ELSE 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet' END,
       size_bytes, sha256, 'clean'
  FROM practice_reports WHERE organization_id = %(organization)s AND id = ANY (%(ids)s::text[])
