-- Where tenants have events sent, and what was sent. Addresses, secrets and what receivers answered are sealed by the
-- worker; what is sent is ids.
CREATE TABLE "webhook_endpoint" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "url" BYTEA NOT NULL,
    "description" TEXT NOT NULL DEFAULT '',
    "events" TEXT[] NOT NULL,
    "secret" BYTEA NOT NULL,
    "previous_secret" BYTEA,
    "previous_until" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),
    "disabled_because" TEXT,
    "failing_since" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "webhook_endpoint_pkey" PRIMARY KEY ("tenant_id", "id")
);

CREATE TABLE "webhook_delivery" (
    "tenant_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "body" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'waiting',
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "next_attempt_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "response_status" INTEGER,
    "excerpt" BYTEA,
    "fault" TEXT,

    CONSTRAINT "webhook_delivery_pkey" PRIMARY KEY ("tenant_id", "id")
);

-- An event is sent to an endpoint once, however often it is read from the event store.
CREATE UNIQUE INDEX "webhook_delivery_tenant_id_endpoint_id_message_id_key"
  ON "webhook_delivery"("tenant_id", "endpoint_id", "message_id");
CREATE INDEX "webhook_delivery_tenant_id_endpoint_id_status_idx"
  ON "webhook_delivery"("tenant_id", "endpoint_id", "status");
CREATE INDEX "webhook_delivery_ended_at_idx" ON "webhook_delivery"("ended_at");

ALTER TABLE "webhook_endpoint" ADD CONSTRAINT "webhook_endpoint_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "webhook_delivery" ADD CONSTRAINT "webhook_delivery_tenant_id_endpoint_id_fkey"
  FOREIGN KEY ("tenant_id", "endpoint_id") REFERENCES "webhook_endpoint"("tenant_id", "id") ON DELETE CASCADE ON UPDATE CASCADE;

DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['webhook_endpoint', 'webhook_delivery']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY tenant_rows ON %I USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id))',
      table_name);
    -- Nobody but the worker: it alone sends, and can open the secrets.
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO bailiwick_worker', table_name);
    EXECUTE format('CREATE TRIGGER count_deleted AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows
      FOR EACH STATEMENT EXECUTE FUNCTION count_deleted()', table_name);
  END LOOP;
END
$$;
