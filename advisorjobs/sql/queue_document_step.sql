SELECT advisorjobs_queue_document_step(%(organization)s, %(document)s, %(name)s)
