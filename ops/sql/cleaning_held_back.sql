-- Is cleaning held back, and by whom? The first row is the oldest holder: while it stays, no row version that died since it began can
-- be removed. A session of minutes is to be ended (SELECT pg_terminate_backend(name)), a prepared transaction to be committed or
-- rolled back, an unused slot to be dropped. Rows of a few seconds or a few hundred transactions are normal.
SELECT * FROM advisorjobs_cleaning_held_back();
