-- One-time enrolments that the token services know together. One that was used stays until it expires, so that it cannot
-- be announced a second time.
CREATE TABLE "enrolment" (
    "token_sha256" BYTEA NOT NULL,
    "spiffe_id" TEXT NOT NULL,
    "used" BOOLEAN NOT NULL DEFAULT false,
    "not_after" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "enrolment_pkey" PRIMARY KEY ("token_sha256")
);

GRANT SELECT, INSERT, UPDATE (used), DELETE ON enrolment TO bailiwick_identity;
