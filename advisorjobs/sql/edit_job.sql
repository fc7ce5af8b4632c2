SELECT (s.edit).job_id, (s.edit).outcome, advisorjobs_noted() AS note FROM (
    SELECT advisorjobs_edit_job(%(job_id)s::bigint, %(job)s::jsonb, %(version)s::text) AS edit
      FROM advisorjobs_act(%(actor)s::jsonb) OFFSET 0) s
