-- procrastinate's objects in the schema asked for, one line each that says what they are: columns, constraints, indexes, enums,
-- composite types, functions (by a checksum of their body) and triggers. Two schemas made by the same files give the same lines.
WITH place AS (SELECT %(schema)s::regnamespace AS schema),
relations AS (
    SELECT c.oid, c.relname FROM pg_class c, place
     WHERE relnamespace = place.schema AND relname ~ '^procrastinate_' AND relkind = 'r')
SELECT replace(line, %(schema)s || '.', '') FROM (
    SELECT format('column %%s.%%s %%s default %%s not null %%s', relname, attname, format_type(atttypid, atttypmod),
                  pg_get_expr(adbin, adrelid), attnotnull) AS line
      FROM relations JOIN pg_attribute ON attrelid = relations.oid AND attnum > 0 AND NOT attisdropped
      LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
    UNION ALL
    SELECT format('constraint %%s.%%s %%s', relname, conname, pg_get_constraintdef(pg_constraint.oid))
      FROM relations JOIN pg_constraint ON conrelid = relations.oid AND contype <> 'n'
    UNION ALL
    SELECT 'index ' || pg_get_indexdef(indexrelid) FROM relations JOIN pg_index ON indrelid = relations.oid
    UNION ALL
    SELECT format('trigger %%s', pg_get_triggerdef(pg_trigger.oid))
      FROM relations JOIN pg_trigger ON tgrelid = relations.oid AND NOT tgisinternal
    UNION ALL
    SELECT format('enum %%s %%s', typname, string_agg(enumlabel, ' ' ORDER BY enumsortorder))
      FROM place JOIN pg_type ON typnamespace = place.schema AND typname ~ '^procrastinate_'
      JOIN pg_enum ON enumtypid = pg_type.oid GROUP BY typname
    UNION ALL
    SELECT format('type %%s', typname)
      FROM place JOIN pg_type ON typnamespace = place.schema AND typname ~ '^procrastinate_'
      JOIN pg_class ON pg_class.oid = typrelid AND relkind = 'c'
    UNION ALL
    SELECT format('function %%s(%%s) %%s', proname, pg_get_function_identity_arguments(pg_proc.oid), md5(prosrc))
      FROM place JOIN pg_proc ON pronamespace = place.schema AND proname ~ '^procrastinate_'
) objects(line)
