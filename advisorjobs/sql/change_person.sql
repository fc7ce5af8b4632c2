-- What is NULL stays. The role of a person of an identity provider is decided there, at each sign-in.
WITH before AS (
    SELECT p.* FROM advisorjobs_act(%(actor)s::jsonb), advisorjobs_people p
     WHERE p.id = %(id)s::bigint AND (p.issuer IS NULL OR %(role)s::advisorjobs_role IS NULL) FOR UPDATE OF p),
changed AS (
    UPDATE advisorjobs_people p
       SET role = coalesce(%(role)s::advisorjobs_role, b.role),
           organization_id = CASE WHEN %(role)s::advisorjobs_role IS NULL THEN b.organization_id ELSE %(organization_id)s::text END,
           is_active = coalesce(%(is_active)s::boolean, b.is_active), changed_at = now(), changed_by = %(by)s::text
      FROM before b WHERE p.id = b.id
    RETURNING p.*)
SELECT c.id, c.name, c.role::text, c.organization_id, c.is_active, c.issuer, c.created_at, c.created_by, c.changed_at, c.changed_by,
       c.signed_in_at,
       advisorjobs_note(
           'change', 'person', c.name, c.organization_id,
           jsonb_build_object('role', b.role, 'organization_id', b.organization_id, 'is_active', b.is_active),
           jsonb_build_object('role', c.role, 'organization_id', c.organization_id, 'is_active', c.is_active),
           _by => %(by)s::text) AS note
  FROM changed c JOIN before b ON b.id = c.id
