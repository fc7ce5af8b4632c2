-- Asked once every function has run: what is not finished then is active.
SELECT count(*) FROM bullmq.job WHERE queue = 'empty' AND state = 'active'
