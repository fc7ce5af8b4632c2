UPDATE practice_tasks SET reminded_on = %(today)s WHERE id = ANY (%(ids)s::text[])
