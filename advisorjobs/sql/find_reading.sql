SELECT reading FROM practice_documents WHERE organization_id = %(organization)s AND id = %(document)s
