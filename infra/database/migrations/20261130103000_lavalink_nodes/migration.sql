-- Lavalink nodes that operators add while the platform runs, and which nodes are being drained, also of those in the settings.
CREATE TABLE "lavalink_node" (
    "id" TEXT NOT NULL,
    "in_settings" BOOLEAN NOT NULL,
    "url" TEXT,
    "sealed" TEXT,
    "regions" TEXT[] NOT NULL,
    "draining" BOOLEAN NOT NULL DEFAULT false,
    "version" INTEGER NOT NULL DEFAULT 1,
    "added_by" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lavalink_node_pkey" PRIMARY KEY ("id"),
    -- What is in the settings has its address and password there.
    CONSTRAINT "lavalink_node_in_settings" CHECK (in_settings = (sealed IS NULL) AND in_settings = (url IS NULL))
);

-- Only gateway-proxy can open what is sealed; audio has no business with addresses.
GRANT SELECT, INSERT, UPDATE, DELETE ON lavalink_node TO bailiwick_api;
GRANT SELECT (id, sealed) ON lavalink_node TO bailiwick_proxy;
GRANT SELECT (id, in_settings, regions, draining) ON lavalink_node TO bailiwick_audio;

CREATE FUNCTION notify_lavalink_node() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('lavalink_node', '');
  RETURN NULL;
END
$$;
CREATE TRIGGER notify_lavalink_node AFTER INSERT OR UPDATE OR DELETE ON lavalink_node
  FOR EACH STATEMENT EXECUTE FUNCTION notify_lavalink_node();
