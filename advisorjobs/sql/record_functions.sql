INSERT INTO advisorjobs_functions (checksum, definitions) VALUES (%(checksum)s, %(definitions)s)
ON CONFLICT (checksum) DO UPDATE SET definitions = excluded.definitions, applied_at = excluded.applied_at
