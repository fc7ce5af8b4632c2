UPDATE practice_connections
   SET access_token = %(access_token)s, access_expires_at = clock_timestamp() + make_interval(secs => %(expires_in)s),
       refresh_token = %(refresh_token)s, previous_refresh_token = %(previous)s,
       refresh_expires_at = coalesce(clock_timestamp() + make_interval(secs => %(refresh_expires_in)s), refresh_expires_at),
       changed_at = now()
 WHERE service = %(service)s AND account = %(account)s
