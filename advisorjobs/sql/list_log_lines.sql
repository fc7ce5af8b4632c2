-- What the runs of a job have said, in their order: of run %(run)s or (null) of all, the newest runs' where there are more than
-- %(most)s lines. organization: null, or whose job it must be. `values`: whether the text, which may hold a client's data, may be seen.
SELECT run_no, no, at, level, CASE WHEN %(values)s THEN text END AS text FROM (
    SELECT * FROM advisorjobs_log_lines l
     WHERE l.job_id = %(job)s AND (%(run)s::integer IS NULL OR l.run_no = %(run)s)
       AND (%(organization)s::text IS NULL OR l.organization_id = %(organization)s)
     ORDER BY l.job_id, l.run_no DESC, l.no DESC LIMIT %(most)s) newest
 ORDER BY run_no, no
