-- What is NULL stays. The role of a person of an identity provider is decided there, at each sign-in.
UPDATE advisorjobs_people
   SET role = CASE WHEN issuer IS NULL THEN coalesce(%(role)s::advisorjobs_role, role) ELSE role END,
       organization_id = CASE WHEN issuer IS NULL AND %(place)s THEN %(organization_id)s ELSE organization_id END,
       is_active = coalesce(%(is_active)s, is_active), changed_at = now(), changed_by = %(by)s
 WHERE id = %(id)s AND (issuer IS NULL OR %(role)s::advisorjobs_role IS NULL)
RETURNING id, name, role::text, organization_id, is_active, issuer, created_at, created_by, changed_at, changed_by, signed_in_at
