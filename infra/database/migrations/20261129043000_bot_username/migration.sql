-- AlterTable
ALTER TABLE "tenant" ADD COLUMN "bot_username" TEXT;
