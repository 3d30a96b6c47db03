-- Several edges share the tenants' sessions, so every tenant has a lease for them, too.
INSERT INTO tenant_lease (tenant_id, part) SELECT id, 'discord-edge' FROM tenant ON CONFLICT DO NOTHING;
CREATE FUNCTION offer_edge_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tenant_lease (tenant_id, part) VALUES (NEW.id, 'discord-edge');
  RETURN NULL;
END
$$;
CREATE TRIGGER offer_edge_lease AFTER INSERT ON tenant FOR EACH ROW EXECUTE FUNCTION offer_edge_lease();

-- discord-edge: registers itself, takes, renews and gives up
GRANT SELECT, INSERT, UPDATE (expires_at), DELETE ON replica TO bailiwick_edge;
GRANT SELECT, UPDATE (replica_id, token) ON tenant_lease TO bailiwick_edge;
-- api and audio: ask, or follow, each edge
GRANT SELECT ON replica TO bailiwick_api, bailiwick_audio;

-- A part takes leases, registers and removes replicas of its own only.
ALTER TABLE replica ENABLE ROW LEVEL SECURITY;
CREATE POLICY every_part ON replica USING (true) WITH CHECK (true);
CREATE POLICY edge_registers ON replica AS RESTRICTIVE FOR INSERT TO bailiwick_edge WITH CHECK (part = 'discord-edge');
CREATE POLICY edge_renews ON replica AS RESTRICTIVE FOR UPDATE TO bailiwick_edge USING (part = 'discord-edge');
CREATE POLICY edge_removes ON replica AS RESTRICTIVE FOR DELETE TO bailiwick_edge USING (part = 'discord-edge');
CREATE POLICY supervisor_registers ON replica AS RESTRICTIVE FOR INSERT TO bailiwick_supervisor
  WITH CHECK (part = 'supervisor');
CREATE POLICY supervisor_renews ON replica AS RESTRICTIVE FOR UPDATE TO bailiwick_supervisor USING (part = 'supervisor');
CREATE POLICY supervisor_removes ON replica AS RESTRICTIVE FOR DELETE TO bailiwick_supervisor USING (part = 'supervisor');
CREATE POLICY edge_takes ON tenant_lease AS RESTRICTIVE FOR UPDATE TO bailiwick_edge USING (part = 'discord-edge');
CREATE POLICY supervisor_takes ON tenant_lease AS RESTRICTIVE FOR UPDATE TO bailiwick_supervisor
  USING (part = 'supervisor');

-- A replica that hands everything over before it ends: the others take what it passes on, whatever their share.
ALTER TABLE replica ADD COLUMN "leaving" BOOLEAN NOT NULL DEFAULT false;
GRANT UPDATE (leaving) ON replica TO bailiwick_edge, bailiwick_supervisor;
CREATE TRIGGER replica_leaving AFTER UPDATE OF leaving ON replica
  FOR EACH STATEMENT EXECUTE FUNCTION notify_replica();
