SELECT EXISTS (
    SELECT FROM practice_documents
     WHERE organization_id = %(organization)s AND client_id = %(client)s AND id <> %(document)s
       AND coalesce(document_type, 'bank_statement') = 'bank_statement'
       AND coalesce(extracted_at > now() - make_interval(secs => %(seconds)s), created_at > now() - interval '10 minutes'))
