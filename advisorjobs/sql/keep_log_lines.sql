-- Lines that runs have said; what a lost answer left in doubt is given again and counts once.
WITH kept AS (
    INSERT INTO advisorjobs_log_lines (job_id, run_no, no, at, level, text, organization_id)
    SELECT * FROM unnest(%(job_id)s::bigint[], %(run_no)s::integer[], %(no)s::smallint[], %(at)s::timestamptz[],
                         %(level)s::text[], %(text)s::text[], %(organization_id)s::text[])
        ON CONFLICT DO NOTHING RETURNING 1)
SELECT count(*) FROM kept
