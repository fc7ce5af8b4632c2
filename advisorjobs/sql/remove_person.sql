WITH removed AS (
    DELETE FROM advisorjobs_people p USING advisorjobs_act(%(actor)s::jsonb)
     WHERE p.id = %(id)s::bigint RETURNING p.id, p.name, p.role, p.organization_id)
SELECT id, advisorjobs_note(
           'remove', 'person', name, organization_id, jsonb_build_object('role', role), NULL, _by => %(by)s::text) AS note
  FROM removed
