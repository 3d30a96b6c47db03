-- The transaction that last changed what a tenant's decisions depend on. A process that may have missed a notification
-- reads what was changed by transactions that its last look could not see, and nothing else.
ALTER TABLE tenant ADD COLUMN changed_in BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
ALTER TABLE policy_version ADD COLUMN changed_in BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint;
CREATE INDEX tenant_changed_in_idx ON tenant (changed_in);
CREATE INDEX policy_version_changed_in_idx ON policy_version (changed_in);

CREATE FUNCTION set_changed_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.changed_in := pg_current_xact_id()::text::bigint;
  RETURN NEW;
END
$$;
CREATE TRIGGER set_changed_in BEFORE INSERT OR UPDATE ON tenant FOR EACH ROW EXECUTE FUNCTION set_changed_in();
CREATE TRIGGER set_changed_in BEFORE INSERT OR UPDATE ON policy_version FOR EACH ROW EXECUTE FUNCTION set_changed_in();
