-- The names of everything that was applied here, by the migration tool's own account.
SELECT migration_id FROM advisorjobs_migrations WHERE status = 'APPLIED'
