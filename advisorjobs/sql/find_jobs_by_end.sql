SELECT * FROM advisorjobs_find_by_end(
    %(wanted)s::jsonb, %(at)s::timestamptz, %(id)s::bigint, %(up)s::boolean, %(patience)s::integer, %(most)s::integer)
