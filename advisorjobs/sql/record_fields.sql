UPDATE practice_documents
   SET fields = %(fields)s::jsonb, lines = %(lines)s::jsonb, extract_engine = %(engine)s, extracted_at = clock_timestamp()
 WHERE organization_id = %(organization)s AND id = %(document)s AND extracted_at IS NULL
RETURNING id
