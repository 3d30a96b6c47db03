-- The deletion of a tenant, and the certificate of it, which outlives the tenant: hence no tenant_id and no row security.
CREATE TABLE "deletion" (
    "id" TEXT NOT NULL,
    "tenant" TEXT NOT NULL,
    "requested_by" TEXT NOT NULL,
    "requested_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "name_sha256" TEXT NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "certificate" TEXT,

    CONSTRAINT "deletion_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "deletion_tenant_key" ON "deletion"("tenant");

-- CreateIndex
CREATE INDEX "deletion_requested_by_idx" ON "deletion"("requested_by");

-- What a deletion under way has removed so far. The rows themselves are removed when it is certified.
CREATE TABLE "deletion_count" (
    "tenant_id" TEXT NOT NULL,
    "store" TEXT NOT NULL,
    "count" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "deletion_count_pkey" PRIMARY KEY ("tenant_id","store")
);
ALTER TABLE deletion_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE deletion_count FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON deletion_count USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));

-- CreateTable
CREATE TABLE "deletion_key" (
    "id" TEXT NOT NULL,
    "verifier" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "deletion_key_pkey" PRIMARY KEY ("id")
);

-- Counted by the database, so that whoever deletes, and however, the count is of the same transaction. A tenant that is
-- not being deleted has no row here, and nothing is counted.
CREATE FUNCTION count_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE deletion_count SET count = deletion_count.count + gone.rows
    FROM (SELECT tenant_id, count(*) AS rows FROM old_rows GROUP BY tenant_id) AS gone
    WHERE deletion_count.tenant_id = gone.tenant_id AND store = TG_TABLE_NAME;
  RETURN NULL;
END
$$;
CREATE FUNCTION count_deleted_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE deletion_count SET count = deletion_count.count + 1
    FROM old_rows WHERE tenant_id = old_rows.id AND store = TG_TABLE_NAME;
  RETURN NULL;
END
$$;

-- Every table of tenants' rows, except the audit log, which is kept.
DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['tenant_member', 'guild_policy', 'policy_version', 'key_schedule',
    'application_credential', 'gateway_session', 'music_session', 'lavalink_session', 'instance', 'invitation',
    'api_key', 'onboarding']
  LOOP
    EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION count_deleted()', table_name);
  END LOOP;
END
$$;
CREATE TRIGGER count_deleted AFTER DELETE ON tenant REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted_tenant();

-- api: begins and ends a deletion
GRANT SELECT, INSERT ON deletion, deletion_count TO bailiwick_api;
GRANT UPDATE (ended_at) ON deletion TO bailiwick_api;

-- worker: certifies it
GRANT SELECT ON deletion TO bailiwick_worker;
GRANT UPDATE (certificate) ON deletion TO bailiwick_worker;
GRANT DELETE ON deletion_count TO bailiwick_worker;
GRANT SELECT, INSERT, UPDATE (sealed) ON deletion_key TO bailiwick_worker;

-- everyone who deletes rows of a tenant
GRANT SELECT, UPDATE (count) ON deletion_count TO bailiwick_edge, bailiwick_audio, bailiwick_api, bailiwick_worker,
  bailiwick_supervisor;
