-- A shared playlist is found by the digest of its code; the code itself is sealed with the tracks.
ALTER TABLE track_list ADD COLUMN "share_hash" BYTEA;
CREATE UNIQUE INDEX "track_list_tenant_id_share_hash_key" ON track_list("tenant_id", "share_hash");
