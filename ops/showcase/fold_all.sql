-- As the workers' chore does, until nothing is left.
DO $$
BEGIN
    WHILE advisorjobs_fold_tallies(0) > 0 LOOP
        NULL;
    END LOOP;
END $$
