SELECT id, name, email, language, is_active FROM practice_members WHERE id = %(member)s
