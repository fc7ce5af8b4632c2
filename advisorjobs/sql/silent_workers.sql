-- Workers that fell silent without a word, and how many jobs they still hold. Their rows go some time after.
SELECT w.name, extract(epoch FROM now() - w.beat_at)::double precision AS silent_s,
       (SELECT count(*) FROM procrastinate_jobs j WHERE j.status = 'doing' AND j.worker_id = w.id) AS held
  FROM advisorjobs_workers w
 WHERE w.stopped_at IS NULL AND w.expires_at <= now()
 ORDER BY w.name
