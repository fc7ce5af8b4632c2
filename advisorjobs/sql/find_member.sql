SELECT id, name, email, language, is_active FROM members WHERE id = %(member)s
