SELECT id, organization_id, client_id, file_name, storage_key, scan, scan_engine, signature, engine, pages, document_type,
       type_confidence, extract_engine, thumbnail_key, read_at IS NOT NULL AS was_read, extracted_at IS NOT NULL AS was_extracted
  FROM practice_documents WHERE organization_id = %(organization)s AND id = %(document)s
