-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateTable
CREATE TABLE "tenant" (
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "status" TEXT NOT NULL DEFAULT 'created',
    "reason" TEXT,
    "application_id" TEXT,
    "bot_user_id" TEXT,
    "version" INTEGER NOT NULL DEFAULT 1,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "tenant_member" (
    "tenant_id" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "tenant_member_pkey" PRIMARY KEY ("tenant_id","subject")
);

-- CreateTable
CREATE TABLE "guild_policy" (
    "tenant_id" TEXT NOT NULL,
    "guild_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "author" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "guild_policy_pkey" PRIMARY KEY ("tenant_id","guild_id","version")
);

-- CreateTable
CREATE TABLE "policy_version" (
    "tenant_id" TEXT NOT NULL,
    "version" BIGINT NOT NULL DEFAULT 1,

    CONSTRAINT "policy_version_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "application_credential" (
    "tenant_id" TEXT NOT NULL,
    "application_id" TEXT NOT NULL,
    "bot_user_id" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "checked_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "application_credential_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "gateway_session" (
    "tenant_id" TEXT NOT NULL,
    "shard_id" INTEGER NOT NULL,
    "session_id" TEXT NOT NULL,
    "resume_url" TEXT NOT NULL,
    "sequence" INTEGER NOT NULL,
    "document" JSONB NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "gateway_session_pkey" PRIMARY KEY ("tenant_id","shard_id")
);

-- CreateTable
CREATE TABLE "music_session" (
    "tenant_id" TEXT NOT NULL,
    "guild_id" TEXT NOT NULL,
    "document" JSONB NOT NULL,
    "version" INTEGER NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "music_session_pkey" PRIMARY KEY ("tenant_id","guild_id")
);

-- CreateTable
CREATE TABLE "lavalink_session" (
    "tenant_id" TEXT NOT NULL,
    "node_id" TEXT NOT NULL,
    "session_id" TEXT NOT NULL,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "lavalink_session_pkey" PRIMARY KEY ("tenant_id","node_id")
);

-- CreateTable
CREATE TABLE "instance" (
    "tenant_id" TEXT NOT NULL,
    "desired" TEXT NOT NULL DEFAULT 'running',
    "state" TEXT NOT NULL DEFAULT 'stopped',
    "reason" TEXT,
    "restarts" INTEGER NOT NULL DEFAULT 0,
    "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "instance_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "audit_journal" (
    "id" BIGSERIAL NOT NULL,
    "tenant_id" TEXT NOT NULL,
    "record" TEXT NOT NULL,
    "journalled_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_journal_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "audit_leaf" (
    "tenant_id" TEXT NOT NULL,
    "leaf_index" BIGINT NOT NULL,
    "record" TEXT NOT NULL,
    "leaf_hash" BYTEA NOT NULL,
    "sealed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_leaf_pkey" PRIMARY KEY ("tenant_id","leaf_index")
);

-- CreateTable
CREATE TABLE "audit_checkpoint" (
    "tenant_id" TEXT NOT NULL,
    "tree_size" BIGINT NOT NULL,
    "root_hash" BYTEA NOT NULL,
    "edge" BYTEA NOT NULL,
    "note" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_checkpoint_pkey" PRIMARY KEY ("tenant_id","tree_size")
);

-- CreateTable
CREATE TABLE "audit_key" (
    "tenant_id" TEXT NOT NULL,
    "verifier" TEXT NOT NULL,
    "sealed" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "audit_key_pkey" PRIMARY KEY ("tenant_id")
);

-- CreateTable
CREATE TABLE "identity_key" (
    "kid" TEXT NOT NULL,
    "use" TEXT NOT NULL,
    "public" JSONB NOT NULL,
    "sealed" BYTEA NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "identity_key_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "delegated_key" (
    "kid" TEXT NOT NULL,
    "use" TEXT NOT NULL,
    "holder" TEXT NOT NULL,
    "public" JSONB NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "delegated_key_pkey" PRIMARY KEY ("kid")
);

-- CreateTable
CREATE TABLE "revocation" (
    "seq" BIGSERIAL NOT NULL,
    "kind" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "revocation_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "api_session" (
    "token_hash" BYTEA NOT NULL,
    "subject" TEXT NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "api_session_pkey" PRIMARY KEY ("token_hash")
);

-- CreateIndex
CREATE UNIQUE INDEX "tenant_application_id_key" ON "tenant"("application_id");

-- CreateIndex
CREATE UNIQUE INDEX "application_credential_application_id_key" ON "application_credential"("application_id");

-- AddForeignKey
ALTER TABLE "tenant_member" ADD CONSTRAINT "tenant_member_tenant_id_fkey" FOREIGN KEY ("tenant_id") REFERENCES "tenant"("id") ON DELETE CASCADE ON UPDATE CASCADE;


