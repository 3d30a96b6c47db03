-- AlterTable
ALTER TABLE "onboarding" ADD COLUMN "underway" BOOLEAN NOT NULL DEFAULT false;

-- CreateIndex
CREATE INDEX "onboarding_underway_idx" ON "onboarding"("underway");
