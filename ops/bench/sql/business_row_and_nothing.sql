\set number random(1, 1000000)
BEGIN;
INSERT INTO business_rows (number, name) VALUES (:number, 'a firm with a name of usual length') RETURNING id;
SELECT 1;
COMMIT;
