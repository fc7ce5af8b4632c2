SELECT advisorjobs_register(
    %(token)s::uuid, %(name)s::text, %(queues)s::text[], %(slots)s::int[], %(names)s::text[], %(lease)s::float8)
