SELECT * FROM advisorjobs_claim(
    %(worker)s::bigint, %(token)s::uuid, %(queues)s::text[], %(free)s::int[], %(names)s::text[], %(look_aside)s::boolean,
    %(cursors)s::text[], %(aged)s::int[])
