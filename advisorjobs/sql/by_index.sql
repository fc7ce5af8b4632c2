-- From here to the transaction's end: no table is read from end to end where an index serves, whatever the statistics say.
SELECT set_config(name, 'off', true)
  FROM unnest('{enable_seqscan,enable_bitmapscan,enable_hashjoin,enable_mergejoin,jit}'::text[]) AS names(name)
