-- After a sign-in that succeeded: those under the name from the address. The others count on, lest one own account hides guesses.
DELETE FROM advisorjobs_sign_in_attempts WHERE scope = %(scope)s RETURNING scope
