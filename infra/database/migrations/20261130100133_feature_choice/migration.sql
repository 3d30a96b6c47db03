-- Which features a tenant has switched on or off, for itself (guild '') or for one of its guilds. Choices, nothing about
-- people, so nothing is sealed.
CREATE TABLE "feature_choice" (
    "tenant_id" TEXT NOT NULL,
    "guild_id" TEXT NOT NULL DEFAULT '',
    "feature" TEXT NOT NULL,
    "is_on" BOOLEAN NOT NULL,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "feature_choice_pkey" PRIMARY KEY ("tenant_id", "guild_id", "feature")
);

ALTER TABLE "feature_choice" ADD CONSTRAINT "feature_choice_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE feature_choice ENABLE ROW LEVEL SECURITY;
ALTER TABLE feature_choice FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON feature_choice USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON feature_choice TO bailiwick_api;
GRANT SELECT ON feature_choice TO bailiwick_audio;

CREATE TRIGGER count_deleted AFTER DELETE ON feature_choice REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();

-- Whoever decides by it reads it again; the payload is the tenant, never data.
CREATE FUNCTION notify_feature() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('feature', COALESCE(NEW.tenant_id, OLD.tenant_id));
  RETURN NULL;
END
$$;
CREATE TRIGGER feature_changed AFTER INSERT OR UPDATE OR DELETE ON feature_choice
  FOR EACH ROW EXECUTE FUNCTION notify_feature();
