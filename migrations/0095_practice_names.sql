-- The practice's tables had plain names (invoices, tasks, …), which an application's own tables in this schema may have as well. Where an
-- earlier version made them they get their new names here, with their rows and with what is named after them: 0100_practice.sql builds
-- on these names, so this comes before it, also in a database that has it already.
--
-- A table of such a name is ours where its script is noted as applied, as it failed on any other, and where it shows each organization
-- its own rows (0020_tenancy.sql). Scripts that made practice_… leave nothing to rename.

DO $$
DECLARE
    _old text;
    _part record;
BEGIN
    FOR _old IN
        SELECT t.name FROM advisorjobs_migrations m
          JOIN (VALUES
              ('0030_documents', ARRAY['organizations', 'clients', 'documents']),
              ('0100_practice', ARRAY['members', 'channels', 'accounts', 'transactions', 'customers', 'invoices', 'payments', 'tasks',
                                      'reports', 'mails', 'findings', 'ai_usage', 'cached', 'connections', 'webhook_events', 'activities'])
          ) AS made(script, names) ON made.script = m.migration_id
         CROSS JOIN unnest(made.names) AS t(name)
          JOIN pg_class c ON c.relname = t.name AND c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r'
         WHERE m.status = 'APPLIED'
           AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'advisorjobs_organization')
           AND NOT EXISTS (SELECT FROM pg_class n WHERE n.relname = 'practice_' || t.name AND n.relnamespace = c.relnamespace)
    LOOP
        EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', current_schema(), _old, 'practice_' || _old);
        FOR _part IN
            WITH ours AS (SELECT format('%I.%I', current_schema(), 'practice_' || _old)::regclass AS oid)
            SELECT o.conname AS name, format('TABLE %s RENAME CONSTRAINT %I', ours.oid, o.conname) AS what
              FROM ours JOIN pg_constraint o ON o.conrelid = ours.oid
            UNION ALL
            SELECT i.relname, format('INDEX %s RENAME', i.oid::regclass)
              FROM ours JOIN pg_index x ON x.indrelid = ours.oid JOIN pg_class i ON i.oid = x.indexrelid
             WHERE NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conrelid = ours.oid AND o.conindid = x.indexrelid)
            UNION ALL
            SELECT s.relname, format('SEQUENCE %s RENAME', s.oid::regclass)
              FROM ours JOIN pg_depend d ON d.refobjid = ours.oid AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i'
              JOIN pg_class s ON s.oid = d.objid AND d.classid = 'pg_class'::regclass AND s.relkind = 'S'
        LOOP
            IF starts_with(_part.name, _old || '_') THEN
                EXECUTE format('ALTER %s TO %I', _part.what, 'practice_' || _part.name);
            END IF;
        END LOOP;
    END LOOP;
END $$;
