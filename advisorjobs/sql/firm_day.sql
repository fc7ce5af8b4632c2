SELECT (SELECT count(*) FROM practice_transactions WHERE booked_on = %(day)s) AS transactions,
       (SELECT count(*) FROM practice_invoices WHERE issued_on = %(day)s AND status <> 'draft') AS invoices,
       (SELECT count(*) FROM practice_payments WHERE paid_on = %(day)s) AS payments,
       (SELECT count(*) FROM practice_documents WHERE created_at >= %(begin)s AND created_at < %(end)s) AS documents,
       (SELECT count(*) FROM practice_tasks WHERE done_at >= %(begin)s AND done_at < %(end)s) AS tasks
