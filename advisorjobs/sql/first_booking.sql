SELECT min(booked_on)
  FROM practice_transactions
 WHERE organization_id = %(organization)s AND (%(client)s::text IS NULL OR client_id = %(client)s)
