SELECT value FROM practice_cached
 WHERE organization_id = %(organization)s AND kind = 'ai' AND key = %(key)s AND expires_at > clock_timestamp()
