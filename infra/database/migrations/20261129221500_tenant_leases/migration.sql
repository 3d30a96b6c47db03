-- The running processes of a part that runs more than once. Whoever stops renewing is removed, by the database's clock.
CREATE TABLE "replica" (
    "id" TEXT NOT NULL,
    "part" TEXT NOT NULL,
    "address" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "replica_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "replica_part_address_key" ON "replica"("part", "address");

-- Which replica acts for a tenant. The token grows with every holder, so that what an earlier one still does is refused.
CREATE TABLE "tenant_lease" (
    "tenant_id" TEXT NOT NULL,
    "part" TEXT NOT NULL,
    "replica_id" TEXT,
    "token" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "tenant_lease_pkey" PRIMARY KEY ("tenant_id","part")
);

-- CreateIndex
CREATE INDEX "tenant_lease_replica_id_part_idx" ON "tenant_lease"("replica_id", "part");

ALTER TABLE "tenant_lease" ADD CONSTRAINT "tenant_lease_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
-- Removing a replica frees everything that it held, in the same statement.
ALTER TABLE "tenant_lease" ADD CONSTRAINT "tenant_lease_replica_id_fkey"
  FOREIGN KEY ("replica_id") REFERENCES "replica"("id") ON DELETE SET NULL ON UPDATE CASCADE;

ALTER TABLE tenant_lease ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant_lease FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON tenant_lease USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
CREATE TRIGGER count_deleted AFTER DELETE ON tenant_lease REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();

-- Every tenant has a lease of each leased part, free at first.
INSERT INTO tenant_lease (tenant_id, part) SELECT id, 'supervisor' FROM tenant;
CREATE FUNCTION offer_leases() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tenant_lease (tenant_id, part) VALUES (NEW.id, 'supervisor');
  RETURN NULL;
END
$$;
CREATE TRIGGER offer_leases AFTER INSERT ON tenant FOR EACH ROW EXECUTE FUNCTION offer_leases();

-- api: creates tenants
GRANT INSERT (tenant_id, part) ON tenant_lease TO bailiwick_api;
-- supervisor: registers itself, takes, renews and gives up
GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON replica TO bailiwick_supervisor;
GRANT SELECT, UPDATE (replica_id, token) ON tenant_lease TO bailiwick_supervisor;
-- gateway-proxy: finds the holder, and refuses who was one before
GRANT SELECT ON replica, tenant_lease TO bailiwick_proxy;

-- What gateway-proxy follows: `lease <part> <tenant> <token> <replica>`, the last two missing without a lease or a holder.
CREATE FUNCTION notify_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM pg_notify('lease', concat_ws(' ', 'lease', OLD.part, OLD.tenant_id));
  ELSE
    PERFORM pg_notify('lease', concat_ws(' ', 'lease', NEW.part, NEW.tenant_id, NEW.token, NEW.replica_id));
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER lease_changed AFTER UPDATE OR DELETE ON tenant_lease FOR EACH ROW EXECUTE FUNCTION notify_lease();

CREATE FUNCTION notify_replica() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('lease', 'replicas');
  RETURN NULL;
END
$$;
CREATE TRIGGER replica_changed AFTER INSERT OR DELETE ON replica
  FOR EACH ROW EXECUTE FUNCTION notify_replica();
