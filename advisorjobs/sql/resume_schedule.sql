SELECT resume_schedule(%(key)s::text, %(organization_id)s::text)
