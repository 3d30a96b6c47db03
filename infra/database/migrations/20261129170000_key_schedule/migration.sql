-- When each tenant's keys are rotated. A tenant without a row has the default and has never been rotated.
CREATE TABLE "key_schedule" (
    "tenant_id" TEXT NOT NULL,
    "days" INTEGER NOT NULL DEFAULT 90,
    "rotated_at" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),

    CONSTRAINT "key_schedule_pkey" PRIMARY KEY ("tenant_id")
);

ALTER TABLE "key_schedule" ADD CONSTRAINT "key_schedule_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;

ALTER TABLE key_schedule ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_schedule FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON key_schedule USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON key_schedule TO bailiwick_api;
