INSERT INTO practice_reports (organization_id, id, client_id, job_id, name, title, format, period_start, period_end, file_name, storage_key,
                              size_bytes, sha256)
VALUES (%(organization)s, %(id)s, %(client)s, %(job)s, %(name)s, %(title)s, %(format)s, %(start)s, %(end)s, %(file_name)s,
        %(storage_key)s, %(size)s, %(sha256)s)
    ON CONFLICT (organization_id, job_id) DO NOTHING
RETURNING id
