-- How the bot behaves in each server; nothing about people, so nothing is sealed.
CREATE TABLE "guild_settings" (
    "tenant_id" TEXT NOT NULL,
    "guild_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "guild_settings_pkey" PRIMARY KEY ("tenant_id", "guild_id")
);

ALTER TABLE guild_settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE guild_settings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON guild_settings USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON guild_settings TO bailiwick_audio;

CREATE TRIGGER count_deleted AFTER DELETE ON guild_settings REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
