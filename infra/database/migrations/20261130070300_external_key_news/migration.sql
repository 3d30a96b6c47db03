-- What replicas of a process follow: `<keeper> <tenant>` for each change of a tenant's own keys, made by any of them.
CREATE FUNCTION notify_external_key() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('external_key', concat_ws(' ', COALESCE(NEW.keeper, OLD.keeper), COALESCE(NEW.tenant_id, OLD.tenant_id)));
  RETURN NULL;
END
$$;
CREATE TRIGGER external_key_changed AFTER INSERT OR UPDATE OR DELETE ON external_key
  FOR EACH ROW EXECUTE FUNCTION notify_external_key();
CREATE TRIGGER external_key_changed AFTER INSERT OR UPDATE OR DELETE ON external_key_use
  FOR EACH ROW EXECUTE FUNCTION notify_external_key();
