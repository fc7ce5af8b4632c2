SELECT reading FROM documents WHERE organization_id = %(organization)s AND id = %(document)s
