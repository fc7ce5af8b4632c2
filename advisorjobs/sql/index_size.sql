SELECT pg_relation_size(%(index)s::text::regclass)
