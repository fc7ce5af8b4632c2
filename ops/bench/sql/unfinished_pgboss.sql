-- Asked once every function has run: what is not finished then is active.
SELECT count(*) FROM pgboss.job WHERE name = 'empty' AND state = 'active'
