SELECT advisorjobs_note_failed_documents(%(organization)s)
