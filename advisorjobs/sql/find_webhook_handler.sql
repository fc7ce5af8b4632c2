-- The job that an application has made for a source of webhooks, if it has.
SELECT name, queue FROM job_types WHERE name = %(name)s
