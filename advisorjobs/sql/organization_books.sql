-- How an organization's books stand, in one row.
SELECT (SELECT count(*) FROM clients WHERE organization_id = %(organization)s) AS clients,
       (SELECT count(*) FROM transactions WHERE organization_id = %(organization)s) AS transactions,
       (SELECT count(*) FROM transactions WHERE organization_id = %(organization)s AND source = 'document') AS from_documents,
       (SELECT count(*) FROM transactions WHERE organization_id = %(organization)s
           AND category_source IN ('rule', 'model')) AS classified,
       (SELECT count(*) FROM transactions WHERE organization_id = %(organization)s AND category IS NULL) AS unclassified,
       (SELECT count(*) FROM webhook_events WHERE organization_id = %(organization)s) AS events,
       (SELECT count(*) FROM activities WHERE organization_id = %(organization)s) AS activities
