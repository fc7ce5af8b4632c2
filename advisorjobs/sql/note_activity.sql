SELECT advisorjobs_note_activity(%(key)s, %(kind)s, %(client)s, %(subject_kind)s, %(subject)s, %(text)s, %(data)s::jsonb)
