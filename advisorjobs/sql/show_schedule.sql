SELECT s.args AS payload
  FROM (SELECT advisorjobs_note_schedule_shown(%(key)s::text, %(organization_id)s::text) AS noted
          FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) n
  JOIN advisorjobs_schedules s ON n.noted AND s.organization_id = %(organization_id)s::text AND s.key = %(key)s::text
