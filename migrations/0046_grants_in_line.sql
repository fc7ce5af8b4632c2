-- Two hundred grants stay in their row: compressed, or put elsewhere, they would be taken apart and packed at every claim.
ALTER TABLE advisorjobs_grants ALTER COLUMN at SET STORAGE PLAIN, ALTER COLUMN costs SET STORAGE PLAIN;
