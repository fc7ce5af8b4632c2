SELECT clock_timestamp() - make_interval(secs => %(grace)s)
