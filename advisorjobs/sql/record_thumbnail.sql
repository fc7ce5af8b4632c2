UPDATE practice_documents SET thumbnail_key = %(key)s, thumbnail_at = clock_timestamp()
 WHERE organization_id = %(organization)s AND id = %(document)s AND thumbnail_at IS NULL
RETURNING id
