SELECT * FROM advisorjobs_find_by_failure(
    %(wanted)s::jsonb, %(at)s::timestamptz, %(id)s::bigint, %(up)s::boolean, %(look)s::integer, %(patience)s::integer,
    %(most)s::integer)
