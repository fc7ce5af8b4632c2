SELECT advisorjobs_add_document(%(document)s::jsonb)
