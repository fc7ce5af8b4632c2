SELECT key, rate, rate_window, running, CASE WHEN closed_until > now() THEN closed_until END AS closed_until,
       changed_at, changed_by, changed_why
  FROM advisorjobs_keys
 WHERE rate IS NOT NULL OR running IS NOT NULL OR closed_until > now()
 ORDER BY key
