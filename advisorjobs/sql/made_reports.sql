SELECT id, client_id, name, title, format, file_name, storage_key, size_bytes
  FROM practice_reports WHERE organization_id = %(organization)s ORDER BY created_at, id
