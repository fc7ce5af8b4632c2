-- With everything of its, in a transaction that works for it.
DELETE FROM organizations WHERE id = %(organization)s
