-- Ids of a company's objects of one kind that a reading of everything since then hasn't come across.
SELECT DISTINCT split_part(u.external_id, ':', 2) FROM (
    SELECT 'customers' AS kind, organization_id, source, external_id, external_seen_at FROM practice_customers WHERE is_active
    UNION ALL
    SELECT 'accounts', organization_id, source, external_id, external_seen_at FROM practice_accounts WHERE is_active
    UNION ALL
    SELECT 'invoices', organization_id, source, external_id, external_seen_at FROM practice_invoices WHERE status <> 'void'
    UNION ALL
    SELECT 'payments', organization_id, source, external_id, external_seen_at FROM practice_payments) AS u
 WHERE u.organization_id = advisorjobs_organization() AND u.kind = %(kind)s AND u.source = 'quickbooks'
   AND split_part(u.external_id, ':', 1) = %(realm)s AND u.external_seen_at < %(since)s
 ORDER BY 1 LIMIT 200
