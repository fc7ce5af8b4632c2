SELECT engine FROM practice_mails WHERE organization_id = %(organization)s AND message_id = %(message_id)s
