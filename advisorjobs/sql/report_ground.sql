SELECT o.name AS firm, o.time_zone, o.email, o.currency AS firm_currency, c.name AS client, c.currency AS client_currency,
       (SELECT min(e.started_at) FROM job_executions e WHERE e.job_id = %(job)s) AS started_at
  FROM practice_organizations o
  LEFT JOIN practice_clients c ON c.organization_id = o.id AND c.id = %(client)s::text
 WHERE o.id = %(organization)s
