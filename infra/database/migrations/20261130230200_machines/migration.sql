-- The machine that a replica runs on, and for how many running bots it has room; null: there is no limit of its own.
ALTER TABLE replica ADD COLUMN "machine" TEXT NOT NULL DEFAULT '', ADD COLUMN "capacity" INTEGER;

-- The machine that an operator has chosen for a tenant. Its replicas take the lease, and others do not as long as there is one.
ALTER TABLE tenant_lease ADD COLUMN "pinned_to" TEXT;

-- Machines that operators have emptied: their replicas pass on what they hold and take nothing.
CREATE TABLE "drained_machine" (
    "machine" TEXT NOT NULL,
    "drained_by" TEXT NOT NULL,
    "drained_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "drained_machine_pkey" PRIMARY KEY ("machine")
);

-- The replicas that take leases: not those that leave, nor those of a drained machine, unless nobody else is left.
CREATE VIEW staying_replica WITH (security_invoker = true) AS
  WITH standing AS (
    SELECT r.*, EXISTS (SELECT FROM drained_machine d WHERE d.machine = r.machine) AS drained FROM replica r WHERE NOT leaving)
  SELECT id, part, address, machine, capacity, expires_at FROM standing s
    WHERE NOT drained OR NOT EXISTS (SELECT FROM standing other WHERE other.part = s.part AND NOT other.drained);

GRANT SELECT ON drained_machine, staying_replica
  TO bailiwick_api, bailiwick_audio, bailiwick_edge, bailiwick_supervisor, bailiwick_proxy;
-- api: pins tenants and drains machines
GRANT INSERT, DELETE ON drained_machine TO bailiwick_api;
GRANT SELECT, UPDATE (pinned_to) ON tenant_lease TO bailiwick_api;

-- `pins <part>`: replicas of this part look whether it concerns them. Whoever follows holders need not know.
CREATE FUNCTION notify_pin() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('lease', 'pins ' || NEW.part);
  RETURN NULL;
END
$$;
CREATE TRIGGER lease_pinned AFTER UPDATE OF pinned_to ON tenant_lease FOR EACH ROW EXECUTE FUNCTION notify_pin();
DROP TRIGGER lease_changed ON tenant_lease;
CREATE TRIGGER lease_changed AFTER UPDATE OF replica_id, token OR DELETE ON tenant_lease
  FOR EACH ROW EXECUTE FUNCTION notify_lease();

CREATE TRIGGER machine_drained AFTER INSERT OR DELETE ON drained_machine
  FOR EACH STATEMENT EXECUTE FUNCTION notify_replica();
