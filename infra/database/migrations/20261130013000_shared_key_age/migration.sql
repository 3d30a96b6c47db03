-- Operators see how old the keys are that two parts share, and which of them is the current one.
ALTER TABLE delegated_key ADD COLUMN created_at timestamptz(3) NOT NULL DEFAULT CURRENT_TIMESTAMP;
