\set number random(1, 1000000)
\set firm random(1, 50)
BEGIN;
INSERT INTO business_rows (number, name) VALUES (:number, 'a firm with a name of usual length') RETURNING id;
SELECT array_agg(e.id) AS ids, array_agg(e.created) AS created FROM advisorjobs_enqueue(format('[{"name":"bench-typed","queue":"critical","organization_id":"org-%s","args":{"organization_id":"org-%s","number":%s,"note":"typed"}}]', :firm::text, :firm::text, :number::text)::jsonb) e;
COMMIT;
