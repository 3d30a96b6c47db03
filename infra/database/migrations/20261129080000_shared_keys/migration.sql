-- Delegated keys are secrets shared with one verifier: sealed, and given to nobody else. The old ones, public and valid
-- for an hour, end with the processes that made them.
DELETE FROM delegated_key;
ALTER TABLE delegated_key
  DROP COLUMN public,
  ADD COLUMN verifier text NOT NULL,
  ADD COLUMN sealed bytea NOT NULL;
