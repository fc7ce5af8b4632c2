SELECT name, email, time_zone FROM organizations WHERE id = %(organization)s
