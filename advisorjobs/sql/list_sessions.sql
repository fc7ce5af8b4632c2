SELECT id, address, browser, started_at, seen_at, expires_at, token_hash = %(token_hash)s AS is_this
  FROM advisorjobs_sessions
 WHERE person_id = %(person_id)s AND expires_at > now() AND seen_at > now() - %(idle)s::interval
 ORDER BY seen_at DESC, id DESC LIMIT 100
