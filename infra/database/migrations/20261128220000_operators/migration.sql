-- CreateTable
CREATE TABLE "operator" (
    "user_id" TEXT NOT NULL,
    "added_by" TEXT NOT NULL,
    "added_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "in_settings" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "operator_pkey" PRIMARY KEY ("user_id")
);

-- CreateTable
CREATE TABLE "operator_sign_in" (
    "token_hash" BYTEA NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "spent" BOOLEAN NOT NULL DEFAULT false,

    CONSTRAINT "operator_sign_in_pkey" PRIMARY KEY ("token_hash")
);

-- api
GRANT SELECT, INSERT, UPDATE, DELETE ON operator TO bailiwick_api;
GRANT SELECT, INSERT, UPDATE ON operator_sign_in TO bailiwick_api;

-- worker: removes what is over
GRANT SELECT, DELETE ON operator_sign_in TO bailiwick_worker;

-- Used operator sign-ins stood there as sessions that nobody has.
DELETE FROM api_session WHERE subject = 'spent';
