UPDATE practice_documents
   SET document_type = %(type)s, type_confidence = %(confidence)s, classified_at = clock_timestamp()
 WHERE organization_id = %(organization)s AND id = %(document)s AND classified_at IS NULL
RETURNING id
