SELECT advisorjobs_forget_audit(clock_timestamp() - make_interval(days => %(days)s::integer), %(most)s::integer)
