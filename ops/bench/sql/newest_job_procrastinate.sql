SELECT coalesce(max(id), 0) FROM procrastinate_jobs
