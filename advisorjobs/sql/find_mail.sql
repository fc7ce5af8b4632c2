SELECT engine FROM mails WHERE organization_id = %(organization)s AND message_id = %(message_id)s
