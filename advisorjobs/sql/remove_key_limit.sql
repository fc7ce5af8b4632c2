SELECT remove_key_limit(%(key)s::text)
