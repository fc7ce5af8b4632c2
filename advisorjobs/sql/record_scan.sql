UPDATE practice_documents
   SET scan = %(scan)s, scan_engine = %(engine)s, signature = %(signature)s, scanned_at = clock_timestamp()
 WHERE organization_id = %(organization)s AND id = %(document)s AND coalesce(scan, 'not_scanned') = 'not_scanned'
RETURNING id
