-- A mark for each topic of the dashboard that is another one when something has changed: see functions/inspector.sql.
SELECT topic, mark FROM advisorjobs_changes(%(jobs)s::bigint[])
