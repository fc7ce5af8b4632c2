-- What came out of these documents.
SELECT id, file_name, media_type, size_bytes, storage_key, scan, scan_engine, engine, text, pages, document_type,
       type_confidence, fields, lines, extract_engine, thumbnail_key
  FROM practice_documents WHERE organization_id = %(organization)s AND id = ANY (%(documents)s::text[])
