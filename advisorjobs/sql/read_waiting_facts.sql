SELECT advisorjobs_waiting_facts(%(job)s::bigint, %(organization)s::text) AS facts
