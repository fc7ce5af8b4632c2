SELECT advisorjobs_add_document(%(document)s::text::jsonb)
