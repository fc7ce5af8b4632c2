-- A job of each kind to look at: last in a line, behind a lock and a key, delayed, failed, running, and one of the first organization
-- that has ended; and the last action on many jobs, and a person.
SELECT (SELECT max(id) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NULL AND parked IS NULL) AS last_in_line,
       (SELECT max(id) FROM procrastinate_jobs WHERE parked = 'lock') AS locked,
       (SELECT max(id) FROM procrastinate_jobs WHERE parked = 'key') AS keyed,
       (SELECT max(id) FROM procrastinate_jobs WHERE status = 'todo' AND scheduled_at IS NOT NULL) AS delayed,
       (SELECT max(id) FROM procrastinate_jobs WHERE status = 'failed') AS failed,
       (SELECT max(id) FROM procrastinate_jobs WHERE status = 'doing') AS running,
       (SELECT max(id) FROM procrastinate_jobs WHERE status = 'failed' AND organization_id = %(organization)s) AS own_failed,
       (SELECT max(id) FROM procrastinate_jobs WHERE status = 'todo' AND organization_id = %(organization)s) AS own_waiting,
       (SELECT job_id FROM advisorjobs_runs WHERE finished_at > now() - interval '1 hour' AND status = 'completed'
                                              AND organization_id = %(organization)s LIMIT 1) AS own_ended,
       (SELECT max(id) FROM advisorjobs_actions) AS action,
       (SELECT min(id) FROM advisorjobs_people) AS person
