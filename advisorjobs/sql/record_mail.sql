INSERT INTO practice_mails (organization_id, message_id, job_id, type, recipient, subject, engine, answer)
VALUES (%(organization)s, %(message_id)s, %(job)s, %(type)s, %(recipient)s, %(subject)s, %(engine)s, %(answer)s)
    ON CONFLICT (organization_id, message_id) DO NOTHING
