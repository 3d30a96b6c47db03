-- Windows by event time (infra/streaming/windows.ts): sums by stretches of time, and how far the events were that they are made of.
CREATE TABLE "window_state" (
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "watermark" TIMESTAMPTZ(3),
    "corrected" BIGINT NOT NULL DEFAULT 0,
    "left_out" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "window_state_pkey" PRIMARY KEY ("tenant_id", "name")
);
CREATE TABLE "window_pane" (
    "tenant_id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "key" TEXT NOT NULL,
    "value" BIGINT NOT NULL,

    CONSTRAINT "window_pane_pkey" PRIMARY KEY ("tenant_id", "name", "at", "key")
);
-- For those of all tenants, and those that are deleted by age.
CREATE INDEX "window_pane_name_at_idx" ON "window_pane"("name", "at");
CREATE INDEX "window_pane_at_idx" ON "window_pane"("at");

ALTER TABLE "window_state" ADD CONSTRAINT "window_state_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "window_pane" ADD CONSTRAINT "window_pane_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE window_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE window_state FORCE ROW LEVEL SECURITY;
ALTER TABLE window_pane ENABLE ROW LEVEL SECURITY;
ALTER TABLE window_pane FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON window_state USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
CREATE POLICY tenant_rows ON window_pane USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
CREATE TRIGGER count_deleted AFTER DELETE ON window_state REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
CREATE TRIGGER count_deleted AFTER DELETE ON window_pane REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
GRANT SELECT, INSERT, UPDATE (watermark, corrected, left_out) ON window_state TO bailiwick_worker;
GRANT SELECT, INSERT, UPDATE (value), DELETE ON window_pane TO bailiwick_worker;
GRANT SELECT ON window_state, window_pane TO bailiwick_api;
