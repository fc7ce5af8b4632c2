SELECT done, next_after FROM advisorjobs_cancel_step(
    %(queue)s::text, %(name)s::text, %(organization_id)s::text, %(tag)s::text, %(after)s)
