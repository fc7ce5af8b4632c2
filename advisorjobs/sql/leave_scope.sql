SELECT set_config('role', %(role)s, true), set_config(%(setting)s, %(organization)s, true)
