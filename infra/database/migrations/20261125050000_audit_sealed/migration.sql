-- who follows a tenant's sealed log hears that it grew: one message a tenant and batch, the tenant and never data
CREATE FUNCTION notify_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('audit_sealed', NEW.tenant_id);
  RETURN NULL;
END
$$;
CREATE TRIGGER sealed AFTER INSERT ON audit_checkpoint FOR EACH ROW EXECUTE FUNCTION notify_sealed();
