SELECT j.id, j.name, j.queue, j.organization_id, j.status, j.payload, advisorjobs_version(j.payload) AS version, s.noted
  FROM (SELECT CASE WHEN %(shown)s::boolean THEN advisorjobs_note_values_shown(%(job_id)s::bigint) ELSE true END AS noted
          FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
 CROSS JOIN get_job(%(job_id)s::bigint) j
