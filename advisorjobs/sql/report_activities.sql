-- What happened for a client up to a day of the firm's calendar, the newest first.
SELECT (at AT TIME ZONE %(time_zone)s)::date AS happened_on, text
  FROM practice_activities
 WHERE organization_id = %(organization)s AND client_id = %(client)s
   AND at < (%(end)s::date + 1)::timestamp AT TIME ZONE %(time_zone)s
 ORDER BY at DESC, id DESC
 LIMIT %(most)s
