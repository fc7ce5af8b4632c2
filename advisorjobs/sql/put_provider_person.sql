-- Name, role and organization are what the provider says now. Nothing comes back for one whom an admin has deactivated.
INSERT INTO advisorjobs_people AS p (name, issuer, subject, role, organization_id, created_by, changed_by)
VALUES (%(name)s, %(issuer)s, %(subject)s, %(role)s::advisorjobs_role, %(organization_id)s, %(issuer)s, %(issuer)s)
    ON CONFLICT (issuer, subject) DO UPDATE
   SET name = excluded.name, role = excluded.role, organization_id = excluded.organization_id
 WHERE p.is_active
RETURNING id, name, role::text, organization_id
