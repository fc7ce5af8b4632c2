SELECT wanted.id FROM unnest(%(ids)s::text[]) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM practice_transactions t WHERE t.organization_id = %(organization)s AND t.client_id = %(client)s
                      AND t.id = wanted.id)
