INSERT INTO practice_findings (organization_id, client_id, kind, key, title, reason, severity, score, figures, transaction_ids, engine,
                               job_id)
SELECT %(organization)s, %(client)s, %(kind)s, n.key, n.title, n.reason, n.severity, n.score, n.figures, n.transaction_ids,
       %(engine)s, %(job)s
  FROM jsonb_to_recordset(%(rows)s::jsonb)
       AS n (key text, title text, reason text, severity text, score double precision, figures jsonb, transaction_ids text[])
    ON CONFLICT (organization_id, client_id, kind, key)
    DO UPDATE SET title = EXCLUDED.title, reason = EXCLUDED.reason, severity = EXCLUDED.severity, score = EXCLUDED.score,
                  figures = EXCLUDED.figures, transaction_ids = EXCLUDED.transaction_ids, engine = EXCLUDED.engine,
                  job_id = EXCLUDED.job_id
    WHERE practice_findings.dismissed_at IS NULL
RETURNING key, xmax = 0 AS is_new
