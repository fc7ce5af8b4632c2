SELECT * FROM advisorjobs_find_by_number(
    %(wanted)s::jsonb || jsonb_build_object('living', %(living)s::boolean), %(id)s::bigint, %(up)s::boolean, %(look)s::integer,
    %(patience)s::integer, %(most)s::integer)
