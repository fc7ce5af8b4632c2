SELECT value FROM practice_cached
 WHERE organization_id = %(organization)s AND kind = %(kind)s AND key = %(key)s AND expires_at > clock_timestamp()
