SELECT released, aborts FROM advisorjobs_reconcile(%(worker)s::bigint, %(claims)s::uuid[], %(before)s::timestamptz)
