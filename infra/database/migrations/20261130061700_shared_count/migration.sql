-- What each replica of a part counts, for the others to add up (infra/shared-state). Unlogged, like shared_state: losing it
-- loses no data. A part sees and writes only its own rows.
CREATE UNLOGGED TABLE "shared_count" (
    "part" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "replica" TEXT NOT NULL,
    "counts" TEXT NOT NULL,
    "until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "shared_count_pkey" PRIMARY KEY ("part", "name", "replica")
);

-- CreateIndex
CREATE INDEX "shared_count_until_idx" ON "shared_count"("until");

GRANT SELECT, INSERT, UPDATE (counts, until), DELETE ON shared_count TO bailiwick_edge, bailiwick_api;

ALTER TABLE shared_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE shared_count FORCE ROW LEVEL SECURITY;
CREATE POLICY of_the_edge ON shared_count TO bailiwick_edge
    USING (part = 'discord-edge') WITH CHECK (part = 'discord-edge');
CREATE POLICY of_the_api ON shared_count TO bailiwick_api USING (part = 'api') WITH CHECK (part = 'api');
