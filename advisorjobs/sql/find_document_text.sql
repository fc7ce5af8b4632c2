SELECT d.text, k.name, d.fields
  FROM practice_documents d LEFT JOIN practice_clients k ON k.organization_id = d.organization_id AND k.id = d.client_id
 WHERE d.organization_id = %(organization)s AND d.id = %(document)s
