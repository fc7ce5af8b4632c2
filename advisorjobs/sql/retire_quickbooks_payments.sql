-- What is gone there: all rows of these payments.
DELETE FROM practice_payments
 WHERE organization_id = advisorjobs_organization() AND source = 'quickbooks'
   AND split_part(external_id, ':', 1) || ':' || split_part(external_id, ':', 2) = ANY (%(ids)s)
