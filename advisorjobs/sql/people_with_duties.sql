SELECT m.id, m.name, m.email, m.language FROM practice_members m
 WHERE m.is_active AND m.id IN (
       SELECT t.assignee_id FROM practice_tasks t
        WHERE t.status = 'open' AND t.due_on <= %(today)s::date + %(days)s AND t.reminded_on IS DISTINCT FROM %(today)s::date)
 ORDER BY m.id
