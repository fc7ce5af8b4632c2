\set number random(1, 1000000)
\set firm random(1, 50)
BEGIN;
INSERT INTO business_rows (number, name) VALUES (:number, 'a firm with a name of usual length') RETURNING id;
SELECT unnest(procrastinate_defer_jobs_v1(ARRAY[ROW('critical', 'bench-typed', 0, NULL, NULL, format('{"organization_id":"org-%s","number":%s,"note":"typed"}', :firm::text, :number::text)::jsonb, NULL)::procrastinate_job_to_defer_v1])) AS id;
COMMIT;
