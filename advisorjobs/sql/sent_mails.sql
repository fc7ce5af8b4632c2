SELECT type, recipient, subject, engine, answer
  FROM mails WHERE organization_id = %(organization)s ORDER BY sent_at, message_id
