-- When a tenant's key is rotated, the key that signs its log is sealed again.
GRANT UPDATE (sealed) ON audit_key TO bailiwick_worker;
