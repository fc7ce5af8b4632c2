SELECT done, next_table, next_page FROM advisorjobs_forget_step(%(before)s::timestamptz, %(table)s::text, %(page)s::bigint)
