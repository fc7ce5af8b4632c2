UPDATE practice_connections SET trouble = %(trouble)s, access_token = NULL, access_expires_at = NULL, changed_at = now()
 WHERE service = %(service)s AND account = %(account)s
