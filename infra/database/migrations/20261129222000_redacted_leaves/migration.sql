-- The erasure of a member replaces their ids in sealed records; the hashes stay. `redacted` has the places, from 0, of the
-- lines of a row that are no longer as they were sealed.
ALTER TABLE audit_leaf ADD COLUMN "redacted" INTEGER[];
GRANT UPDATE (record, redacted) ON audit_leaf TO bailiwick_worker;
