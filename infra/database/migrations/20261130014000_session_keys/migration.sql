-- The keys that sign and seal browsers' sessions, sealed by the api, which replaces them every month. An earlier one is
-- accepted for a day.
CREATE TABLE "session_key" (
    "version" INTEGER NOT NULL,
    "sealed" BYTEA NOT NULL,
    "starts_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),

    CONSTRAINT "session_key_pkey" PRIMARY KEY ("version")
);
GRANT SELECT, INSERT, UPDATE, DELETE ON session_key TO bailiwick_api;
