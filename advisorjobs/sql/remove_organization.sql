-- With everything of its, in a transaction that works for it.
DELETE FROM practice_organizations WHERE id = %(organization)s
