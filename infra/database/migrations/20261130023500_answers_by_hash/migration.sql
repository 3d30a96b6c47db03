-- Responses are sealed with a key that depends on the Idempotency-Key, of which only a hash is stored from now on. What
-- came of requests before that is unknown.
UPDATE idempotent_answer SET key = encode(sha256(convert_to(key, 'UTF8')), 'base64'), status = NULL, sealed = NULL;

-- To see whether the end of an erasure is recorded already.
GRANT SELECT ON audit_journal TO bailiwick_api;
