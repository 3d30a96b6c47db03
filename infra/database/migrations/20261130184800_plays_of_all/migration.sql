-- What was played and heard at all tenants together, as the sums of their windows (window_pane). It names no tenant, and reading
-- it does not depend on how many tenants there are.
CREATE TABLE "window_total" (
    "name" TEXT NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "key" TEXT NOT NULL,
    "value" BIGINT NOT NULL,

    CONSTRAINT "window_total_pkey" PRIMARY KEY ("name", "at", "key")
);
CREATE TABLE "window_total_state" (
    "name" TEXT NOT NULL,
    "newest" TIMESTAMPTZ(3),
    "corrected" BIGINT NOT NULL DEFAULT 0,
    "left_out" BIGINT NOT NULL DEFAULT 0,

    CONSTRAINT "window_total_state_pkey" PRIMARY KEY ("name")
);
GRANT SELECT ON window_total, window_total_state TO bailiwick_api;

-- Sums change in the transaction of what they sum: with its checkpoint, when a tenant is deleted, and when a pane is removed by age.
-- Whoever changes sums of a name holds its row in window_total_state first, so that two of them do not wait for each other.
CREATE FUNCTION total_window_states() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET "app.tenant" = '*' AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM FROM window_total_state WHERE name IN (SELECT name FROM old_rows) ORDER BY name DESC FOR UPDATE;
    UPDATE window_total_state t SET corrected = t.corrected - gone.corrected, left_out = t.left_out - gone.left_out,
        newest = CASE WHEN t.newest > gone.newest THEN t.newest
          ELSE (SELECT max(watermark) FROM window_state WHERE name = t.name) END
      FROM (SELECT name, max(watermark) AS newest, sum(corrected) AS corrected, sum(left_out) AS left_out
              FROM old_rows GROUP BY name) AS gone
      WHERE t.name = gone.name;
  ELSIF TG_OP = 'UPDATE' THEN
    INSERT INTO window_total_state AS t (name, newest, corrected, left_out)
      SELECT name, max(watermark), sum(corrected), sum(left_out)
        FROM (SELECT name, watermark, corrected, left_out FROM new_rows
              UNION ALL SELECT name, NULL, -corrected, -left_out FROM old_rows) AS changed
        GROUP BY name ORDER BY name DESC
      ON CONFLICT (name) DO UPDATE SET newest = greatest(t.newest, excluded.newest),
        corrected = t.corrected + excluded.corrected, left_out = t.left_out + excluded.left_out;
  ELSE
    INSERT INTO window_total_state AS t (name, newest, corrected, left_out)
      SELECT name, max(watermark), sum(corrected), sum(left_out) FROM new_rows GROUP BY name ORDER BY name DESC
      ON CONFLICT (name) DO UPDATE SET newest = greatest(t.newest, excluded.newest),
        corrected = t.corrected + excluded.corrected, left_out = t.left_out + excluded.left_out;
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION total_window_panes() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    PERFORM FROM window_total_state WHERE name IN (SELECT name FROM old_rows) ORDER BY name DESC FOR UPDATE;
    UPDATE window_total t SET value = t.value - gone.value
      FROM (SELECT name, at, key, sum(value) AS value FROM old_rows GROUP BY 1, 2, 3) AS gone
      WHERE (t.name, t.at, t.key) = (gone.name, gone.at, gone.key);
    DELETE FROM window_total t USING (SELECT DISTINCT name, at, key FROM old_rows) AS gone
      WHERE (t.name, t.at, t.key) = (gone.name, gone.at, gone.key) AND t.value = 0;
  ELSIF TG_OP = 'UPDATE' THEN
    PERFORM FROM window_total_state WHERE name IN (SELECT name FROM new_rows) ORDER BY name DESC FOR UPDATE;
    INSERT INTO window_total AS t (name, at, key, value)
      SELECT name, at, key, sum(value) FROM (SELECT name, at, key, value FROM new_rows
              UNION ALL SELECT name, at, key, -value FROM old_rows) AS changed
        GROUP BY 1, 2, 3 HAVING sum(value) <> 0
      ON CONFLICT (name, at, key) DO UPDATE SET value = t.value + excluded.value;
  ELSE
    PERFORM FROM window_total_state WHERE name IN (SELECT name FROM new_rows) ORDER BY name DESC FOR UPDATE;
    INSERT INTO window_total AS t (name, at, key, value)
      SELECT name, at, key, sum(value) FROM new_rows GROUP BY 1, 2, 3 HAVING sum(value) <> 0
      ON CONFLICT (name, at, key) DO UPDATE SET value = t.value + excluded.value;
  END IF;
  RETURN NULL;
END
$$;

CREATE TRIGGER total_inserted AFTER INSERT ON window_state REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION total_window_states();
CREATE TRIGGER total_updated AFTER UPDATE ON window_state REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION total_window_states();
CREATE TRIGGER total_deleted AFTER DELETE ON window_state REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION total_window_states();
CREATE TRIGGER total_inserted AFTER INSERT ON window_pane REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION total_window_panes();
CREATE TRIGGER total_updated AFTER UPDATE ON window_pane REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION total_window_panes();
CREATE TRIGGER total_deleted AFTER DELETE ON window_pane REFERENCING OLD TABLE AS old_rows
  FOR EACH STATEMENT EXECUTE FUNCTION total_window_panes();

-- Readers have the sums before until it has ended; whoever adds to windows waits for it. Returns how many sums there are.
CREATE FUNCTION rebuild_window_totals(made_by integer) RETURNS integer
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET "app.tenant" = '*' AS $$
DECLARE
  sums integer;
BEGIN
  LOCK TABLE window_state, window_pane IN SHARE MODE;
  DELETE FROM window_total;
  DELETE FROM window_total_state;
  INSERT INTO window_total_state (name, newest, corrected, left_out)
    SELECT name, max(watermark), sum(corrected), sum(left_out) FROM window_state GROUP BY name;
  INSERT INTO window_total (name, at, key, value)
    SELECT name, at, key, sum(value) FROM window_pane GROUP BY 1, 2, 3 HAVING sum(value) <> 0;
  GET DIAGNOSTICS sums = ROW_COUNT;
  INSERT INTO projection (name, generation, version, newest) VALUES ('plays-of-all', 1, made_by, 1)
    ON CONFLICT (name) DO UPDATE SET generation = projection.newest + 1, newest = projection.newest + 1, version = made_by,
      read_since = clock_timestamp();
  RETURN sums;
END
$$;
REVOKE EXECUTE ON FUNCTION rebuild_window_totals(integer), total_window_panes(), total_window_states() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rebuild_window_totals(integer) TO bailiwick_worker;
SELECT rebuild_window_totals(1);
