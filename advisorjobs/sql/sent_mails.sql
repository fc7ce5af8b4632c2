SELECT type, recipient, subject, engine, answer
  FROM practice_mails WHERE organization_id = %(organization)s ORDER BY sent_at, message_id
