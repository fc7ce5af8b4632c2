SELECT unschedule_job(%(key)s::text, %(organization_id)s::text)
