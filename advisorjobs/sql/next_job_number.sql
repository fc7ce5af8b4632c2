-- Every job that is created from now on has this number or a higher one.
SELECT last_value + is_called::integer AS number FROM procrastinate_jobs_id_seq
