-- Keys that tenants have in Vaults of their own, as each process that seals with them keeps them.
CREATE TABLE "external_key" (
    "tenant_id" TEXT NOT NULL,
    "keeper" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "url" TEXT NOT NULL,
    "mount" TEXT NOT NULL,
    "key_name" TEXT NOT NULL,
    "auth_mount" TEXT NOT NULL,
    "namespace" TEXT,
    "role_id" TEXT NOT NULL,
    "trust_pem" TEXT,
    "secret" BYTEA NOT NULL,
    "proof" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "external_key_pkey" PRIMARY KEY ("tenant_id", "keeper", "id")
);

-- Which of them a process seals with, and whether it can.
CREATE TABLE "external_key_use" (
    "tenant_id" TEXT NOT NULL,
    "keeper" TEXT NOT NULL,
    "key_id" TEXT,
    "change_id" TEXT NOT NULL,
    "revision" INTEGER NOT NULL,
    "since_version" INTEGER,
    "carried" BOOLEAN NOT NULL DEFAULT false,
    "lost_at" TIMESTAMPTZ(3),
    "fault" TEXT,

    CONSTRAINT "external_key_use_pkey" PRIMARY KEY ("tenant_id", "keeper")
);

ALTER TABLE "external_key" ADD CONSTRAINT "external_key_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "external_key_use" ADD CONSTRAINT "external_key_use_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['external_key', 'external_key_use']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY tenant_rows ON %I USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id))',
      table_name);
    -- Each of the two processes has its own rows; the api reads both, and its role may write neither.
    EXECUTE format('CREATE POLICY own_rows ON %I AS RESTRICTIVE USING (
        CASE WHEN pg_has_role(current_user, ''bailiwick_edge'', ''usage'') THEN keeper = ''discord-edge''
             WHEN pg_has_role(current_user, ''bailiwick_audio'', ''usage'') THEN keeper = ''audio''
             ELSE true END)', table_name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bailiwick_edge, bailiwick_audio', table_name);
    EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION count_deleted()', table_name);
  END LOOP;
END
$$;

GRANT SELECT (tenant_id, keeper, id, url, mount, key_name, auth_mount, namespace, role_id, created_at)
  ON external_key TO bailiwick_api;
GRANT SELECT ON external_key_use TO bailiwick_api;
