-- What has become of a tenant's Discord token, beside the token: stored (no session was opened with it yet), accepted or
-- refused by Discord, and which version of the tenant's key seals it.
ALTER TABLE "application_credential"
  ADD COLUMN "status" TEXT NOT NULL DEFAULT 'stored',
  ADD COLUMN "refusal" TEXT,
  ADD COLUMN "key_version" INTEGER;

SET "app.tenant" = '*';
-- A sealed value begins with its format and that version (security/keyring/envelope.ts).
UPDATE "application_credential" SET "key_version" = ('x' || encode(substring("sealed" FROM 2 FOR 4), 'hex'))::bit(32)::int
  WHERE octet_length("sealed") >= 5;

-- Timelines show it, without what is sealed.
GRANT SELECT (tenant_id, application_id, bot_user_id, status, refusal, key_version) ON application_credential
  TO bailiwick_api;

-- Tenants and credentials of before are told from now on, as they are found. Of earlier moments nothing is known.
WITH found AS (
  SELECT id AS tenant_id, 'tenant' AS stream, 'TenantFound' AS type, jsonb_build_object(
      'name', name, 'status', status, 'reason', reason, 'suspendedBy', suspended_by, 'applicationId', application_id,
      'botUserId', bot_user_id, 'botUsername', bot_username, 'version', version) AS state
    FROM tenant
  UNION ALL
  SELECT tenant_id, 'credential', 'CredentialFound', jsonb_build_object(
      'applicationId', application_id, 'botUserId', bot_user_id, 'status', status, 'refusal', refusal,
      'keyVersion', key_version)
    FROM application_credential
), head AS (
  INSERT INTO event_stream (tenant_id, stream, version, at) SELECT tenant_id, stream, 1, now() FROM found
)
INSERT INTO event (tenant_id, stream, version, at, id, type, schema_version, facts)
  SELECT tenant_id, stream, 1, now(), 'evt_0' || left(md5(tenant_id || stream || gen_random_uuid()), 25), type, 1,
      jsonb_build_object('state', state, 'by', 'platform', 'before', NULL)
    FROM found;
RESET "app.tenant";
