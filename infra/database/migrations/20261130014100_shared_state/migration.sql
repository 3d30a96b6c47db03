-- What replicas share for minutes: until when something is remembered, and when a token bucket is full again. Unlogged:
-- nothing waits for a disk, and losing it loses no data (infra/shared-state).
CREATE UNLOGGED TABLE "shared_state" (
    "name" TEXT NOT NULL,
    "until" TIMESTAMPTZ(6) NOT NULL,

    CONSTRAINT "shared_state_pkey" PRIMARY KEY ("name")
);

-- CreateIndex
CREATE INDEX "shared_state_until_idx" ON "shared_state"("until");

GRANT SELECT, INSERT, UPDATE (until), DELETE ON shared_state TO bailiwick_proxy;
