SELECT datname FROM pg_database WHERE datname ~ '^aj_\d+_'
