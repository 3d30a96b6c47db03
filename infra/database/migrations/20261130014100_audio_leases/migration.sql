-- Audio takes leases, too: whoever holds a tenant's plays its music.
INSERT INTO tenant_lease (tenant_id, part) SELECT id, 'audio' FROM tenant;

CREATE FUNCTION offer_audio_lease() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO tenant_lease (tenant_id, part) VALUES (NEW.id, 'audio');
  RETURN NULL;
END
$$;
CREATE TRIGGER offer_audio_lease AFTER INSERT ON tenant FOR EACH ROW EXECUTE FUNCTION offer_audio_lease();

-- audio: registers itself, takes, renews and gives up
GRANT SELECT, INSERT, UPDATE (expires_at, leaving), DELETE ON replica TO bailiwick_audio;
GRANT SELECT, UPDATE (replica_id, token) ON tenant_lease TO bailiwick_audio;

-- It does so for its own part only.
CREATE POLICY audio_registers ON replica AS RESTRICTIVE FOR INSERT TO bailiwick_audio WITH CHECK (part = 'audio');
CREATE POLICY audio_renews ON replica AS RESTRICTIVE FOR UPDATE TO bailiwick_audio USING (part = 'audio');
CREATE POLICY audio_removes ON replica AS RESTRICTIVE FOR DELETE TO bailiwick_audio USING (part = 'audio');
CREATE POLICY audio_takes ON tenant_lease AS RESTRICTIVE FOR UPDATE TO bailiwick_audio USING (part = 'audio');
