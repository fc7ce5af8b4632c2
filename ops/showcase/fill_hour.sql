-- An hour of history by job: as many runs as its line says, fewer at night and on weekends, log-normal times, some failures.
WITH made AS (
    INSERT INTO advisorjobs_runs (
        job_id, run_no, attempt, final, status, error_code, queued_at, started_at, finished_at, run_ms, queue_name, job_name,
        organization_id, input, error_message, fingerprint)
    SELECT nextval('procrastinate_jobs_id_seq'), 1, 1, true, CASE WHEN failed THEN 'failed' ELSE 'completed' END::advisorjobs_run_status,
           CASE WHEN failed THEN l.error END::advisorjobs_error_code, at - make_interval(secs => (wait + took) / 1000.0),
           at - make_interval(secs => took / 1000.0), at, took, l.queue, l.name, 'practice-' || to_char(1 + floor(power(random(), 2) * 12), 'FM00'),
           jsonb_build_object('organization_id', '…'), CASE WHEN failed THEN 'the other side did not answer' END,
           CASE WHEN failed THEN left(md5(l.name), 16) END
      FROM unnest(%(names)s::text[], %(queues)s::text[], %(counts)s::integer[], %(medians)s::integer[], %(errors)s::text[])
           AS l(name, queue, runs, median, error)
     CROSS JOIN LATERAL generate_series(1, (l.runs * %(busy)s)::integer) AS n
     CROSS JOIN LATERAL (
        SELECT %(since)s::timestamptz + make_interval(secs => 3600 * random()) AS at, n > 0 AND random() < 0.03 AS failed,
               (l.median * exp(0.7 * (random() + random() + random() + random() - 2) * 1.7))::integer AS took,
               (120 * exp(random() * 4))::integer AS wait) r
     WHERE at < %(until)s::timestamptz
    RETURNING *)
INSERT INTO advisorjobs_ended (
    finished_at, runs, queue_name, job_name, organizations, queued_at, started_at, run_ms, statuses, finals, error_codes,
    fingerprints, worker_ids, job_ids, run_nos)
SELECT max(finished_at), count(*), queue_name, job_name, array_agg(organization_id), array_agg(queued_at), array_agg(started_at),
       array_agg(run_ms), array_agg(status), array_agg(final), array_agg(error_code), array_agg(fingerprint),
       array_agg(worker_id), array_agg(job_id), array_agg(run_no)
  FROM made GROUP BY queue_name, job_name
