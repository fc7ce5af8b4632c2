UPDATE practice_invoices SET reminder_level = reminder_level + 1, reminded_on = %(today)s WHERE id = ANY (%(ids)s::text[])
