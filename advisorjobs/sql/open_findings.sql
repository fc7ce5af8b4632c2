-- The gravest first.
SELECT f.client_id, c.name AS client, f.kind, f.title, f.reason, f.severity, f.figures, f.transaction_ids, f.engine
  FROM practice_findings f JOIN practice_clients c ON c.organization_id = f.organization_id AND c.id = f.client_id
 WHERE f.organization_id = %(organization)s AND f.dismissed_at IS NULL
 ORDER BY array_position(ARRAY['critical', 'high', 'medium', 'low'], f.severity), f.score DESC NULLS LAST, f.id
