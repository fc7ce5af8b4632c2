SELECT coalesce(max(id), 0) FROM graphile_worker._private_jobs
