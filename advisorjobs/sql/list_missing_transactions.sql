SELECT wanted.id FROM unnest(%(ids)s::text[]) AS wanted (id)
 WHERE NOT EXISTS (SELECT FROM transactions t WHERE t.organization_id = %(organization)s AND t.client_id = %(client)s
                      AND t.id = wanted.id)
