SELECT advisorjobs_complete(
    %(ids)s::bigint[], %(run_nos)s::int[], %(tokens)s::uuid[], %(run_ms)s::int[], %(results)s::text[], %(locks)s::text[])
