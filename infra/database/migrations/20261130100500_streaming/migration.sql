-- What carries events to their consumers (infra/streaming). Only the worker sends and consumes.

-- The public halves of the keys with which events are signed. Who may write here may send events.
CREATE TABLE "event_key" (
    "kid" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "public_key" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_key_pkey" PRIMARY KEY ("kid")
);
CREATE INDEX "event_key_expires_at_idx" ON "event_key"("expires_at");

-- Which events a consumer has had, so that none has its effect twice. Ids only, of no tenant.
CREATE TABLE "event_inbox" (
    "consumer" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_inbox_pkey" PRIMARY KEY ("consumer", "event_id")
);
CREATE INDEX "event_inbox_at_idx" ON "event_inbox"("at");

-- What a consumer could not handle, or did not believe. Of the latter nothing is kept but where it was and why: its tenant is
-- not known.
CREATE TABLE "event_dead_letter" (
    "id" TEXT NOT NULL,
    "consumer" TEXT NOT NULL,
    "carrier" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "detail" TEXT NOT NULL,
    "tenant_id" TEXT,
    "event" JSONB,
    "at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "replayed_at" TIMESTAMPTZ(3),

    CONSTRAINT "event_dead_letter_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "event_dead_letter_tenant" CHECK (("tenant_id" IS NULL) = ("event" IS NULL))
);
CREATE INDEX "event_dead_letter_tenant_id_idx" ON "event_dead_letter"("tenant_id");
CREATE INDEX "event_dead_letter_at_idx" ON "event_dead_letter"("at");
ALTER TABLE "event_dead_letter" ADD CONSTRAINT "event_dead_letter_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE event_dead_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_dead_letter FORCE ROW LEVEL SECURITY;
-- Those of no tenant are seen by whoever sees all of them.
CREATE POLICY tenant_rows ON event_dead_letter USING (sees_tenant(coalesce(tenant_id, '*')))
  WITH CHECK (sees_tenant(coalesce(tenant_id, '*')));
CREATE TRIGGER count_deleted AFTER DELETE ON event_dead_letter REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();

GRANT SELECT, INSERT, DELETE ON event_key, event_inbox TO bailiwick_worker;
GRANT SELECT, INSERT, UPDATE (replayed_at), DELETE ON event_dead_letter TO bailiwick_worker;
-- When another carrier is configured, its subscription takes over where the one before was.
GRANT DELETE ON event_subscription TO bailiwick_worker;
