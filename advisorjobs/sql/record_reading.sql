UPDATE practice_documents
   SET engine = %(engine)s, reading = %(reading)s::jsonb, text = %(text)s, pages = %(pages)s, read_at = clock_timestamp()
 WHERE organization_id = %(organization)s AND id = %(document)s AND read_at IS NULL
RETURNING id
