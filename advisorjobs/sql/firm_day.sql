SELECT (SELECT count(*) FROM transactions WHERE booked_on = %(day)s) AS transactions,
       (SELECT count(*) FROM invoices WHERE issued_on = %(day)s AND status <> 'draft') AS invoices,
       (SELECT count(*) FROM payments WHERE paid_on = %(day)s) AS payments,
       (SELECT count(*) FROM documents WHERE created_at >= %(begin)s AND created_at < %(end)s) AS documents,
       (SELECT count(*) FROM tasks WHERE done_at >= %(begin)s AND done_at < %(end)s) AS tasks
