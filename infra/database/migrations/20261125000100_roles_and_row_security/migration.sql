-- One role per service, without a right to log in until whoever runs the platform gives it a password.
-- A role in bailiwick_across_tenants may name '*' in app.tenant and then sees the rows of every tenant.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['bailiwick_across_tenants', 'bailiwick_identity', 'bailiwick_proxy', 'bailiwick_edge',
    'bailiwick_audio', 'bailiwick_api', 'bailiwick_worker', 'bailiwick_supervisor']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
    END IF;
  END LOOP;
END
$$;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO bailiwick_identity, bailiwick_proxy, bailiwick_edge, bailiwick_audio, bailiwick_api,
  bailiwick_worker, bailiwick_supervisor;
GRANT bailiwick_across_tenants TO bailiwick_proxy, bailiwick_edge, bailiwick_audio, bailiwick_api, bailiwick_worker,
  bailiwick_supervisor;

CREATE FUNCTION sees_tenant(row_tenant text) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT row_tenant = current_setting('app.tenant', true)
    OR (current_setting('app.tenant', true) = '*' AND pg_has_role(current_user, 'bailiwick_across_tenants', 'member'))
$$;

DO $$
DECLARE
  table_name text;
BEGIN
  FOREACH table_name IN ARRAY ARRAY['tenant_member', 'guild_policy', 'policy_version', 'application_credential',
    'gateway_session', 'music_session', 'lavalink_session', 'instance', 'audit_journal', 'audit_leaf',
    'audit_checkpoint', 'audit_key']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', table_name);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', table_name);
    EXECUTE format('CREATE POLICY tenant_rows ON %I USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id))',
      table_name);
  END LOOP;
END
$$;
ALTER TABLE tenant ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenant FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON tenant USING (sees_tenant(id)) WITH CHECK (sees_tenant(id));

-- token service
GRANT SELECT, INSERT, UPDATE, DELETE ON identity_key, delegated_key, revocation TO bailiwick_identity;
GRANT USAGE ON SEQUENCE revocation_seq_seq TO bailiwick_identity;

-- gateway-proxy: reads what decisions depend on, journals decisions
GRANT SELECT ON tenant, tenant_member, guild_policy, policy_version TO bailiwick_proxy;

-- discord-edge: the only reader of tenants' tokens
GRANT SELECT, INSERT, UPDATE, DELETE ON application_credential, gateway_session TO bailiwick_edge;
GRANT SELECT ON tenant TO bailiwick_edge;

-- audio
GRANT SELECT, INSERT, UPDATE, DELETE ON music_session, lavalink_session TO bailiwick_audio;

-- api: policies are only ever added to
GRANT SELECT, INSERT, UPDATE, DELETE ON tenant, tenant_member, policy_version, api_session TO bailiwick_api;
GRANT SELECT, INSERT, DELETE ON guild_policy TO bailiwick_api;
GRANT SELECT ON instance, audit_leaf, audit_checkpoint, audit_key TO bailiwick_api;

-- supervisor
GRANT SELECT, INSERT, UPDATE, DELETE ON instance TO bailiwick_supervisor;
GRANT SELECT ON tenant TO bailiwick_supervisor;

-- worker: seals the journal; nobody changes or removes a sealed leaf
GRANT SELECT, DELETE ON audit_journal TO bailiwick_worker;
GRANT SELECT, INSERT ON audit_leaf, audit_checkpoint, audit_key TO bailiwick_worker;
GRANT SELECT ON tenant TO bailiwick_worker;
GRANT SELECT, DELETE ON api_session TO bailiwick_worker;

-- everyone who changes something journals it in the same transaction; nobody but the worker reads the journal
GRANT INSERT ON audit_journal TO bailiwick_proxy, bailiwick_edge, bailiwick_audio, bailiwick_api, bailiwick_worker,
  bailiwick_supervisor;
GRANT USAGE ON SEQUENCE audit_journal_id_seq TO bailiwick_proxy, bailiwick_edge, bailiwick_audio, bailiwick_api,
  bailiwick_worker, bailiwick_supervisor;

-- what others follow: the payload is the tenant, never data
CREATE FUNCTION notify_policy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('policy', COALESCE(NEW.tenant_id, OLD.tenant_id));
  RETURN NULL;
END
$$;
CREATE TRIGGER policy_changed AFTER INSERT OR UPDATE OR DELETE ON policy_version
  FOR EACH ROW EXECUTE FUNCTION notify_policy();

CREATE FUNCTION notify_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('tenant', COALESCE(NEW.id, OLD.id));
  RETURN NULL;
END
$$;
CREATE TRIGGER tenant_changed AFTER INSERT OR UPDATE OR DELETE ON tenant
  FOR EACH ROW EXECUTE FUNCTION notify_tenant();

CREATE FUNCTION notify_revocation() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('revocation', NEW.seq::text);
  RETURN NULL;
END
$$;
CREATE TRIGGER revoked AFTER INSERT ON revocation FOR EACH ROW EXECUTE FUNCTION notify_revocation();

CREATE FUNCTION notify_journal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('audit_journal', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER journalled AFTER INSERT ON audit_journal FOR EACH STATEMENT EXECUTE FUNCTION notify_journal();
