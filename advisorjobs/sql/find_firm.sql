SELECT name, email, time_zone FROM practice_organizations WHERE id = %(organization)s
