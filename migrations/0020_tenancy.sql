-- Tenants: what belongs to an organization is seen by transactions of that organization only.
--
-- The convention for every table with client data: a column organization_id text NOT NULL, an index that begins with it, and
-- one call of advisorjobs_isolate('the_table'). Whoever then reads or writes it must say for whom, for one transaction:
-- SET LOCAL ROLE advisorjobs_tenant and advisorjobs.organization, as advisorjobs/tenancy/scope.py does. The role is needed
-- beside the setting because superusers and roles with BYPASSRLS are bound by no policy; FORCE, because the owner would not be.

-- Roles are the whole server's: another database's migration may make it at the same moment.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'advisorjobs_tenant') THEN
        CREATE ROLE advisorjobs_tenant NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS NOREPLICATION;
    END IF;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN
        RAISE NOTICE 'the role advisorjobs_tenant was made by somebody else meanwhile';
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION 'the role advisorjobs_tenant is missing and % may not create it', current_user
            USING ERRCODE = 'insufficient_privilege', HINT = format(
                'As an administrator: CREATE ROLE advisorjobs_tenant NOLOGIN; GRANT advisorjobs_tenant TO %I;', current_user);
END $$;

-- Since 16, being a member is not enough for SET ROLE, and whoever creates a role is one without that right.
DO $$
BEGIN
    IF NOT pg_has_role(current_user, 'advisorjobs_tenant',
                       CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END) THEN
        EXECUTE format('GRANT advisorjobs_tenant TO %I', current_user);
    END IF;
EXCEPTION
    WHEN unique_violation THEN
        RAISE NOTICE 'advisorjobs_tenant was granted by somebody else meanwhile';
    WHEN insufficient_privilege THEN
        RAISE EXCEPTION '% is no member of the role advisorjobs_tenant', current_user
            USING ERRCODE = 'insufficient_privilege',
                HINT = format('As an administrator: GRANT advisorjobs_tenant TO %I;', current_user);
END $$;

DO $$
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO advisorjobs_tenant', current_schema());
END $$;

-- Jobs may queue jobs in their own transaction; these two say what there is, nothing of it is a client's.
GRANT SELECT ON job_types, advisorjobs_queues TO advisorjobs_tenant;

-- The organization that this transaction works for; NULL outside of one: no row has it.
-- Without SET search_path, so that the planner can inline it and use the tables' indexes.
CREATE FUNCTION advisorjobs_organization() RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE AS $$
    SELECT nullif(pg_catalog.current_setting('advisorjobs.organization', true), '')
$$;

-- Makes a table a tenants' table: rows of other organizations can be neither seen nor written. Its key should be an identity
-- column (the sequence of a serial one would need a grant of its own).
CREATE FUNCTION advisorjobs_isolate(_table regclass) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', _table);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', _table);
    EXECUTE format('DROP POLICY IF EXISTS advisorjobs_organization ON %s', _table);
    EXECUTE format('CREATE POLICY advisorjobs_organization ON %s USING (organization_id = advisorjobs_organization())', _table);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO advisorjobs_tenant', _table);
END $$;
