SELECT advisorjobs_note_values_shown(%(job_id)s::bigint) FROM advisorjobs_act(%(actor)s::jsonb)
