-- A payout that came back.
DELETE FROM practice_transactions WHERE organization_id = advisorjobs_organization() AND source = 'stripe' AND external_id = %(id)s
