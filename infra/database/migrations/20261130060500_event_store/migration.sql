-- What has happened, per stream and in one order over all (infra/event-store). Appended in the transaction of the change
-- that it tells of.
CREATE TABLE "event_stream" (
    "tenant_id" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_stream_pkey" PRIMARY KEY ("tenant_id", "stream")
);
ALTER TABLE event_stream ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_stream FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON event_stream USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
CREATE TRIGGER count_deleted AFTER DELETE ON event_stream REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();

CREATE SEQUENCE event_position_seq;
-- A partition for each week, so that what is appended goes into small indexes, and what is old is dropped at once.
CREATE TABLE "event" (
    "tenant_id" TEXT NOT NULL,
    "stream" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "transaction" BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    "position" BIGINT NOT NULL DEFAULT nextval('event_position_seq'),
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "schema_version" SMALLINT NOT NULL,
    "facts" JSONB NOT NULL,
    "sealed_by" TEXT,
    "sealed" BYTEA,
    "snapshot" BYTEA,

    -- The time is in it because the partitions are made by it; a stream's row keeps its versions apart.
    CONSTRAINT "event_pkey" PRIMARY KEY ("tenant_id", "stream", "version", "at")
) PARTITION BY RANGE ("at");
ALTER SEQUENCE event_position_seq OWNED BY event.position;
CREATE INDEX "event_transaction_position_idx" ON "event"("transaction", "position");
CREATE INDEX "event_snapshot_idx" ON "event"("tenant_id", "stream", "version") WHERE "snapshot" IS NOT NULL;

-- What has no partition of its own, so that nothing that happens is refused for lack of one.
CREATE TABLE event_rest PARTITION OF event DEFAULT;

ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE event FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON event USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
CREATE TRIGGER count_deleted AFTER DELETE ON event REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION count_deleted();

-- How far each subscription has read, in each of its lanes. It is about no tenant.
CREATE TABLE "event_subscription" (
    "name" TEXT NOT NULL,
    "lane" INTEGER NOT NULL,
    "lanes" INTEGER NOT NULL,
    "transaction" BIGINT NOT NULL,
    "position" BIGINT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "event_subscription_pkey" PRIMARY KEY ("name", "lane")
);

-- Subscribers are woken at commit; the payload is empty.
CREATE FUNCTION notify_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('event', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER appended AFTER INSERT ON event FOR EACH STATEMENT EXECUTE FUNCTION notify_event();

-- The partitions of the weeks from one time to another that have none yet. Rows of such a week that came before it are
-- moved into it. Waits two seconds for a lock at most, because those who append wait behind it.
CREATE FUNCTION make_event_partitions(first timestamptz, last timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET "app.tenant" = '*' SET timezone = 'UTC'
  SET lock_timeout = '2s' AS $$
DECLARE
  week timestamptz := date_trunc('week', first);
  partition text;
  made integer := 0;
BEGIN
  WHILE week <= last LOOP
    partition := 'event_' || to_char(week, 'YYYYMMDD');
    IF to_regclass(partition) IS NULL THEN
      EXECUTE format('CREATE TABLE %I (LIKE event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', partition);
      -- Nothing arrives in between: whoever attaches a partition holds up those who write into the rest.
      LOCK TABLE event_rest IN ACCESS EXCLUSIVE MODE;
      EXECUTE format('WITH moved AS (DELETE FROM event_rest WHERE at >= $1 AND at < $2 RETURNING *)
        INSERT INTO %I SELECT * FROM moved', partition) USING week, week + interval '7 days';
      EXECUTE format('ALTER TABLE event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, week,
        week + interval '7 days');
      made := made + 1;
    END IF;
    week := week + interval '7 days';
  END LOOP;
  RETURN made;
END
$$;

-- Drops the partitions of weeks that ended before this time, and deletes what of the rest is older.
CREATE FUNCTION drop_event_partitions(before timestamptz) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET "app.tenant" = '*' SET timezone = 'UTC'
  SET lock_timeout = '2s' AS $$
DECLARE
  partition text;
  dropped integer := 0;
BEGIN
  FOR partition IN SELECT relname FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
      WHERE inhparent = 'event'::regclass AND relname ~ '^event_[0-9]{8}$'
        AND to_date(right(relname, 8), 'YYYYMMDD') + interval '7 days' <= before
  LOOP
    EXECUTE format('DROP TABLE %I', partition);
    dropped := dropped + 1;
  END LOOP;
  DELETE FROM event_rest WHERE at < before;
  RETURN dropped;
END
$$;

-- A database that was restored counts its transactions anew, so that new events would come before old ones, and a
-- subscription would pass over them. Then the old ones get a number before all others, and keep their order by position;
-- a subscription goes back to the first of them that it may not have had.
CREATE FUNCTION renumber_events() RETURNS boolean
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
  RETURN true;
END
$$;

REVOKE EXECUTE ON FUNCTION make_event_partitions(timestamptz, timestamptz), drop_event_partitions(timestamptz),
  renumber_events() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_event_partitions(timestamptz, timestamptz), drop_event_partitions(timestamptz)
  TO bailiwick_worker;
SELECT make_event_partitions(now(), now() + interval '14 days');

-- Those who append, and delete what they have appended of a tenant. Only what a person is erased from is written again.
GRANT SELECT, INSERT, UPDATE (version, at), DELETE ON event_stream TO bailiwick_audio, bailiwick_api;
GRANT SELECT, INSERT, UPDATE (facts, sealed, snapshot), DELETE ON event TO bailiwick_audio, bailiwick_api;
GRANT USAGE ON SEQUENCE event_position_seq TO bailiwick_audio, bailiwick_api;

-- Those who subscribe
GRANT SELECT ON event TO bailiwick_worker;
GRANT SELECT, INSERT, UPDATE (transaction, position, updated_at) ON event_subscription TO bailiwick_audio,
  bailiwick_api, bailiwick_worker;
