SELECT sum(n_dead_tup)::float8 AS dead, sum(pg_relation_size(relid))::float8 AS heap, sum(pg_indexes_size(relid))::float8 AS indexes
  FROM pg_stat_user_tables
 WHERE relname IN ('procrastinate_jobs', 'advisorjobs_workers', 'advisorjobs_unique_keys', 'advisorjobs_queues',
                   'advisorjobs_past_eras', 'advisorjobs_grants', 'advisorjobs_keys')
