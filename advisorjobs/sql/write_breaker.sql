UPDATE advisorjobs_breakers
   SET failures = %(failures)s,
       opened_at = CASE WHEN %(open)s THEN coalesce(opened_at, clock_timestamp()) END,
       retry_at = CASE WHEN %(open)s THEN clock_timestamp() + make_interval(secs => %(wait)s) END,
       changed_at = clock_timestamp()
 WHERE service = %(service)s
