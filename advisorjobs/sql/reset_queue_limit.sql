SELECT reset_queue_limit(%(queue)s::text)
