INSERT INTO practice_customers AS t (organization_id, client_id, name, email, is_active, source, external_id, external_version,
                                     external_changed_at, external_seen_at)
SELECT advisorjobs_organization(), %(client)s, r.name, r.email, r.is_active, 'quickbooks', r.external_id, r.version,
       r.changed, clock_timestamp()
  FROM jsonb_to_recordset(%(rows)s::jsonb) AS r(external_id text, version bigint, changed timestamptz, name text, email text,
                                                is_active boolean)
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET name = excluded.name, email = excluded.email, is_active = excluded.is_active,
       changed_at = CASE WHEN t.external_version = excluded.external_version THEN t.changed_at ELSE now() END,
       external_version = excluded.external_version, external_changed_at = excluded.external_changed_at,
       external_seen_at = excluded.external_seen_at
 WHERE (t.external_version, t.external_changed_at) <= (excluded.external_version, excluded.external_changed_at)
