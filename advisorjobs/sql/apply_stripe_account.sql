-- What a client has at Stripe, per currency: payments come in, refunds and payouts go out.
INSERT INTO practice_accounts (organization_id, client_id, name, kind, currency, source, external_id)
VALUES (advisorjobs_organization(), %(client)s, %(name)s, 'stripe', %(currency)s, 'stripe', %(id)s)
    ON CONFLICT (organization_id, source, external_id) DO NOTHING
