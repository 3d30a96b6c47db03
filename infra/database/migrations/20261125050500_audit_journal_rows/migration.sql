-- a row of the journal holds the records that one transaction journals for one tenant, one a line, up to what fits a page,
-- and is moved as it is into the log: `leaf_index` is then the place of its first, `leaf_hash` the hashes of all. What fits
-- a page stands in the row itself and uncompressed: a record costs hardly more than its bytes.
ALTER TABLE audit_journal ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE audit_journal SET (toast_tuple_target = 8160);
ALTER TABLE audit_leaf ALTER COLUMN record SET STORAGE EXTERNAL;
ALTER TABLE audit_leaf ALTER COLUMN leaf_hash SET STORAGE EXTERNAL;
ALTER TABLE audit_leaf SET (toast_tuple_target = 8160);
