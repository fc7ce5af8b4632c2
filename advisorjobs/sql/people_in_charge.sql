SELECT id, name, email, language FROM practice_members
 WHERE is_active AND role IN ('owner', 'admin') ORDER BY role DESC, id
