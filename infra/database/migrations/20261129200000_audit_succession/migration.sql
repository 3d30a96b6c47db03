-- How one key of a tenant's log handed over to the next. Written once; nobody changes or removes a row.
CREATE TABLE "audit_succession" (
    "tenant_id" TEXT NOT NULL,
    "number" INTEGER NOT NULL,
    "tree_size" BIGINT NOT NULL,
    "note" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_succession_pkey" PRIMARY KEY ("tenant_id", "number")
);

ALTER TABLE audit_succession ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_succession FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON audit_succession USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
GRANT SELECT, INSERT ON audit_succession TO bailiwick_worker;
GRANT SELECT ON audit_succession TO bailiwick_api;

-- The row of a tenant's key holds the one in use: its successor takes its place.
GRANT UPDATE (verifier, created_at) ON audit_key TO bailiwick_worker;
