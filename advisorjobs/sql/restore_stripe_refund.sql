-- A refund failed: what was given back is the client's again, in its payments and on its account.
WITH payment AS (
    UPDATE practice_payments SET amount = amount + %(amount)s, changed_at = now()
     WHERE organization_id = advisorjobs_organization() AND source = 'stripe' AND external_id = %(id)s
    RETURNING 1)
UPDATE practice_transactions t SET amount = t.amount + %(amount)s, changed_at = now()
  FROM payment
 WHERE t.organization_id = advisorjobs_organization() AND t.source = 'stripe' AND t.external_id = %(id)s
