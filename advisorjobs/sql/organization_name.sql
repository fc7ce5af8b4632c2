SELECT name FROM practice_organizations WHERE id = %(organization)s
