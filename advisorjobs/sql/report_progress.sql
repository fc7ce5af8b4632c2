-- Under the fence: a run that is no longer its process's own reports nothing.
UPDATE procrastinate_jobs
   SET progress = jsonb_build_object('done', %(done)s::double precision, 'total', %(total)s::double precision,
                                     'note', %(note)s::text, 'at', clock_timestamp())
 WHERE id = %(id)s AND run_no = %(run_no)s AND run_token = %(token)s::uuid
RETURNING id
