-- The api seals how people are called and what is noted about the invited. The plain columns are for rows of earlier
-- releases: it seals and empties them at its next start.
ALTER TABLE person ADD COLUMN "sealed" BYTEA, ALTER COLUMN "name" SET DEFAULT '';
ALTER TABLE invitation ADD COLUMN "sealed_note" BYTEA;
