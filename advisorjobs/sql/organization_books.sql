-- How an organization's books stand, in one row.
SELECT (SELECT count(*) FROM practice_clients WHERE organization_id = %(organization)s) AS clients,
       (SELECT count(*) FROM practice_transactions WHERE organization_id = %(organization)s) AS transactions,
       (SELECT count(*) FROM practice_transactions WHERE organization_id = %(organization)s AND source = 'document') AS from_documents,
       (SELECT count(*) FROM practice_transactions WHERE organization_id = %(organization)s
           AND category_source IN ('rule', 'model')) AS classified,
       (SELECT count(*) FROM practice_transactions WHERE organization_id = %(organization)s AND category IS NULL) AS unclassified,
       (SELECT count(*) FROM practice_webhook_events WHERE organization_id = %(organization)s) AS events,
       (SELECT count(*) FROM practice_activities WHERE organization_id = %(organization)s) AS activities
