-- Each guild's newest policy. It goes from guild to guild by the primary key, so that its cost depends on the number of
-- guilds and not on the number of versions. Row-level security makes every estimate of rows too low, for which the
-- planner prefers a bitmap of all versions: hence the setting.
CREATE FUNCTION newest_policies(of_tenant text) RETURNS SETOF guild_policy LANGUAGE plpgsql STABLE
  SET enable_bitmapscan = off AS $$
DECLARE
  guild text := '';
BEGIN
  LOOP
    SELECT guild_id INTO guild FROM guild_policy
      WHERE tenant_id = of_tenant AND guild_id > guild ORDER BY guild_id LIMIT 1;
    EXIT WHEN NOT FOUND;
    RETURN QUERY SELECT * FROM guild_policy
      WHERE tenant_id = of_tenant AND guild_id = guild ORDER BY version DESC LIMIT 1;
  END LOOP;
END
$$;

-- The sequencer polls. A notification takes a lock that every other transaction with one waits for until the commit is
-- on the disk, and everything that changes anything journals.
DROP TRIGGER journalled ON audit_journal;
DROP FUNCTION notify_journal();
