-- Members' favourites and playlists, and what has played in each server; audio seals names and tracks.
CREATE TABLE "track_list" (
    "tenant_id" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "list" TEXT NOT NULL,
    "name" BYTEA NOT NULL,
    "tracks" BYTEA NOT NULL,
    "length" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "track_list_pkey" PRIMARY KEY ("tenant_id", "owner", "list")
);

ALTER TABLE track_list ENABLE ROW LEVEL SECURITY;
ALTER TABLE track_list FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant_rows ON track_list USING (sees_tenant(tenant_id)) WITH CHECK (sees_tenant(tenant_id));
GRANT SELECT, INSERT, UPDATE, DELETE ON track_list TO bailiwick_audio;
