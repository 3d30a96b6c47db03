-- Read models that are projected from events (infra/cqrs). Rows of a read model belong to a generation: one is read while
-- another may be built beside it. It is about no tenant.
CREATE TABLE "projection" (
    "name" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "version" INTEGER NOT NULL,
    "building" INTEGER,
    "building_version" INTEGER,
    "newest" INTEGER NOT NULL,
    "read_since" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "projection_pkey" PRIMARY KEY ("name")
);
GRANT SELECT, INSERT, UPDATE ON projection TO bailiwick_worker;
GRANT SELECT ON projection TO bailiwick_api;
-- Checkpoints of generations that are no longer built or read.
GRANT DELETE ON event_subscription TO bailiwick_worker;

-- What was played, by quarter of an hour: the smallest part of a day by which time zones differ. It names nobody.
CREATE TABLE "play_statistics" (
    "tenant_id" TEXT NOT NULL,
    "generation" INTEGER NOT NULL,
    "guild_id" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "kind" TEXT NOT NULL,
    "count" INTEGER NOT NULL,

    CONSTRAINT "play_statistics_pkey" PRIMARY KEY ("tenant_id", "generation", "guild_id", "at", "kind")
);
-- For those that are deleted by age, and with their generation.
CREATE INDEX "play_statistics_generation_at_idx" ON "play_statistics"("generation", "at");
ALTER TABLE "play_statistics" ADD CONSTRAINT "play_statistics_tenant_id_fkey"
  FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE play_statistics ENABLE ROW LEVEL SECURITY;
ALTER TABLE play_statistics FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON play_statistics USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
CREATE TRIGGER count_deleted AFTER DELETE ON play_statistics REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();
GRANT SELECT, INSERT, UPDATE (count), DELETE ON play_statistics TO bailiwick_worker;
GRANT SELECT ON play_statistics TO bailiwick_api;

-- The worker deletes what was played on days that are over for long; it cannot read what is in those lists.
GRANT SELECT (tenant_id, owner, list), DELETE ON track_list TO bailiwick_worker;

-- As before, and read models are built anew: where a subscription goes back, events would be counted twice.
CREATE OR REPLACE FUNCTION renumber_events() RETURNS boolean
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET "app.tenant" = '*' AS $$
BEGIN
  -- What a snapshot shows was done by a transaction of this database only if its number is smaller than the snapshot's end.
  IF NOT EXISTS (SELECT FROM event WHERE transaction >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint)
    AND NOT EXISTS (SELECT FROM event_subscription
      WHERE transaction > pg_snapshot_xmax(pg_current_snapshot())::text::bigint) THEN
    RETURN false;
  END IF;
  UPDATE event_subscription s SET transaction = 0, position = COALESCE(
      (SELECT min(e.position) - 1 FROM event e WHERE (e.transaction, e.position) > (s.transaction, s.position)),
      (SELECT max(e.position) FROM event e), 0);
  UPDATE event SET transaction = 0 WHERE transaction <> 0;
  UPDATE projection SET version = 0, building = NULL, building_version = NULL;
  RETURN true;
END
$$;
