SELECT id, format, file_name, size_bytes FROM reports WHERE organization_id = %(organization)s AND job_id = %(job)s
