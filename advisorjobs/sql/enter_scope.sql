-- What was in force before comes back too: leaving restores it.
SELECT current_setting('role') AS role, coalesce(current_setting(%(setting)s, true), '') AS organization,
       set_config(%(setting)s, %(organization)s, true) AS inside, set_config('role', %(role)s, true) AS as_tenant
