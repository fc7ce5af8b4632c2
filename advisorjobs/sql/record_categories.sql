UPDATE practice_transactions t
   SET category = n.category, category_source = n.source, category_confidence = n.confidence, category_reason = n.reason,
       changed_at = now()
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS n (id text, category text, source text, confidence double precision, reason text)
 WHERE t.organization_id = %(organization)s AND t.id = n.id AND t.category_source IS DISTINCT FROM 'person'
RETURNING t.id
