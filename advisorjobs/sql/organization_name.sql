SELECT name FROM organizations WHERE id = %(organization)s
