-- The practice's tables had plain names (invoices, tasks, …), which an application's own tables in this schema may have as well. Where an
-- earlier version made them they get their new names here, with their rows and with what is named after them: 0100_practice.sql builds
-- on these names, so this comes before it, also in a database that has it already.
--
-- A table of such a name is ours where its script is noted as applied, as it failed on any other, and where it shows each organization
-- its own rows (0020_tenancy.sql). Scripts that made practice_… leave nothing to rename.
--
-- The old names stay for now, as views of the tables' columns: workers of the version before go on while this one is rolled out, and their
-- jobs read and write by those names. Such a view shows whoever asks what the table would show him: since PostgreSQL 15 by his own
-- rights, before by the table's policy, written out. Findings have xmax too, by which those workers tell new ones from known. A later
-- version drops them.

DO $$
DECLARE
    _schema constant text := current_schema();
    _old text;
    _new text;
    _part record;
    _names text[] := ARRAY(
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
           AND NOT EXISTS (SELECT FROM pg_class n WHERE n.relname = 'practice_' || t.name AND n.relnamespace = c.relnamespace));
BEGIN
    IF cardinality(_names) > 0 THEN    -- all or none of them, and that at once: jobs are at work on them
        EXECUTE (SELECT 'LOCK TABLE ' || string_agg(format('%I.%I', _schema, n), ', ') FROM unnest(_names) AS n);
    END IF;
    FOREACH _old IN ARRAY _names LOOP
        _new := 'practice_' || _old;
        EXECUTE format('ALTER TABLE %I.%I RENAME TO %I', _schema, _old, _new);
        FOR _part IN
            WITH ours AS (SELECT format('%I.%I', _schema, _new)::regclass AS oid)
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
        EXECUTE (
            SELECT format('CREATE VIEW %I.%I ', _schema, _old)
                   || CASE WHEN by_invoker THEN 'WITH (security_invoker)' ELSE 'WITH (security_barrier)' END
                   || format(' AS SELECT %s FROM %I.%I ', CASE _old WHEN 'findings' THEN '*, xmax' ELSE '*' END, _schema, _new)
                   || CASE WHEN by_invoker THEN ''
                           ELSE format('WHERE %s WITH LOCAL CHECK OPTION', pg_get_expr(p.polqual, p.polrelid)) END
              FROM pg_policy p, (SELECT current_setting('server_version_num')::integer >= 150000 AS by_invoker) s
             WHERE p.polrelid = format('%I.%I', _schema, _new)::regclass AND p.polname = 'advisorjobs_organization');
        FOR _part IN
            SELECT a.privilege_type AS what, CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS who
              FROM pg_class c CROSS JOIN aclexplode(c.relacl) a
             WHERE c.oid = format('%I.%I', _schema, _new)::regclass AND a.grantee <> c.relowner
               AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
        LOOP
            EXECUTE format('GRANT %s ON %I.%I TO %s', _part.what, _schema, _old, _part.who);
        END LOOP;
    END LOOP;
END $$;
