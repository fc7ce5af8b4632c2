SELECT c.id, c.name, c.email, c.currency, o.name AS organization_name, o.language,
       (clock_timestamp() AT TIME ZONE o.time_zone)::date AS today,
       ARRAY(SELECT m.name FROM practice_members m WHERE m.organization_id = c.organization_id) AS members
  FROM practice_clients c JOIN practice_organizations o ON o.id = c.organization_id
 WHERE c.organization_id = %(organization)s AND c.id = %(client)s
