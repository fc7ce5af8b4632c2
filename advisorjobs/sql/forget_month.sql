SELECT advisorjobs_forget_month(%(before)s::timestamptz)
