-- With `only_new` a customer that is known stays as it is: an invoice names its customer, and knows less of it than its own events.
INSERT INTO practice_customers AS c (organization_id, client_id, name, email, is_active, source, external_id)
VALUES (advisorjobs_organization(), %(client)s, %(name)s, %(email)s, %(is_active)s, 'stripe', %(id)s)
    ON CONFLICT (organization_id, source, external_id) DO UPDATE
   SET name = excluded.name, email = excluded.email, is_active = excluded.is_active, changed_at = now()
 WHERE NOT %(only_new)s
