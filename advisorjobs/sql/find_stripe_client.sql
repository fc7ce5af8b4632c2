-- The client that is named, if there is one; else that of the object, else the connection's.
SELECT k.id FROM practice_clients k
 WHERE k.organization_id = advisorjobs_organization()
   AND k.id = coalesce(
       %(client)s,
       (SELECT c.client_id FROM practice_customers c
         WHERE c.organization_id = advisorjobs_organization() AND c.source = 'stripe' AND c.external_id = %(customer)s),
       (SELECT i.client_id FROM practice_invoices i
         WHERE i.organization_id = advisorjobs_organization() AND i.source = 'stripe' AND i.external_id = %(invoice)s),
       (SELECT p.client_id FROM practice_payments p
         WHERE p.organization_id = advisorjobs_organization() AND p.source = 'stripe' AND p.external_id = %(payment)s),
       %(otherwise)s)
