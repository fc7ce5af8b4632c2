SELECT id, format, file_name, size_bytes FROM practice_reports WHERE organization_id = %(organization)s AND job_id = %(job)s
