-- What job functions say while they run, for people to read, and the trace that a job belongs to.

-- At most 201 rows a run, written on the side (advisorjobs/engine/run_lines.py). No foreign key: a line may come after its job's end.
CREATE TABLE advisorjobs_log_lines (
    job_id bigint NOT NULL,
    run_no integer NOT NULL,
    no smallint NOT NULL,               -- from 1 on within the run
    at timestamptz NOT NULL,            -- when it was said, by the worker's clock
    level text NOT NULL,                -- info, warning or error
    text text NOT NULL,                 -- may hold what a client gave: shown as values are
    organization_id text,
    PRIMARY KEY (job_id, run_no, no)
) WITH (autovacuum_vacuum_insert_threshold = 100000, autovacuum_vacuum_insert_scale_factor = 0.05);
CREATE INDEX advisorjobs_log_lines_organization_idx ON advisorjobs_log_lines (organization_id) WHERE organization_id IS NOT NULL;

ALTER TABLE advisorjobs_log_lines ENABLE ROW LEVEL SECURITY;
CREATE POLICY advisorjobs_organization ON advisorjobs_log_lines USING (
    current_user <> 'advisorjobs_tenant' OR organization_id = advisorjobs_organization());
GRANT SELECT ON advisorjobs_log_lines TO advisorjobs_tenant;

-- An organization that is removed takes its lines with it.
CREATE FUNCTION advisorjobs_remove_lines_of() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    DELETE FROM advisorjobs_log_lines WHERE organization_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER advisorjobs_remove_lines AFTER DELETE ON practice_organizations
    FOR EACH ROW EXECUTE FUNCTION advisorjobs_remove_lines_of();

-- The W3C traceparent of the span that queued the job; NULL where nothing is traced.
ALTER TABLE procrastinate_jobs ADD COLUMN traceparent text;
ALTER TABLE advisorjobs_runs ADD COLUMN traceparent text;
