-- Which of these folders belong to a document.
SELECT folder FROM unnest(%(folders)s::text[]) AS folder
 WHERE EXISTS (SELECT FROM documents WHERE organization_id = %(organization)s AND storage_key = folder || '/original')
