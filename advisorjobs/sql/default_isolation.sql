-- At which isolation this role's transactions run unless they say otherwise, and what says so.
SELECT setting, source FROM pg_settings WHERE name = 'default_transaction_isolation'
